"""Which of Asterisk's modules are loaded, and why."""

from __future__ import annotations

_FOUNDATION = (
    "res_timing_timerfd",
    "res_pjproject",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "pbx_config",
)
_SIP = (
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_pubsub",
    "res_pjsip_authenticator_digest",
    "res_pjsip_caller_id",
    "res_pjsip_dlg_options",
    "res_pjsip_dtmf_info",
    "res_pjsip_empty_info",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_header_funcs",
    "res_pjsip_nat",
    "res_pjsip_refer",
    "res_pjsip_rfc3326",
    "res_pjsip_sdp_rtp",
    "chan_pjsip",
)
_MEDIA = (
    "res_rtp_asterisk",
    "res_srtp",
    "res_format_attr_opus",
    "codec_alaw",
    "codec_g722",
    "codec_gsm",
    "codec_opus_open_source",
    "codec_resample",
    "codec_ulaw",
    "format_gsm",
    "format_pcm",
    "format_sln",
    "format_wav",
    "res_musiconhold",
)
_BRIDGES = ("bridge_simple", "bridge_native_rtp", "bridge_holding", "bridge_softmix")
_DIAL_PLAN = (
    "app_dial",
    "app_echo",
    "app_directed_pickup",
    "app_exec",
    "app_playback",
    "app_stack",
    "func_callerid",
    "func_channel",
    "func_cut",
    "func_hangupcause",
    "func_logic",
    "func_strings",
    "res_speech",
    "res_agi",
)

MODULES = (*_FOUNDATION, *_SIP, *_MEDIA, *_BRIDGES, *_DIAL_PLAN)
"""In the order in which they are loaded."""
