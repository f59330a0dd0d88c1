"""The pjsua2 stack of one phone process: library, transport, tone and account, made from its settings."""

from __future__ import annotations

import uuid

import pjsua2 as pj
from tests.phones.settings import Settings
from tests.phones.tones import SAMPLE_RATE

FRAME_MICROSECONDS = 20_000
_TRANSPORTS = {
    "udp": pj.PJSIP_TRANSPORT_UDP,
    "tcp": pj.PJSIP_TRANSPORT_TCP,
    "tls": pj.PJSIP_TRANSPORT_TLS,
}


def start_stack(settings: Settings) -> pj.Endpoint:
    """Start the library with one transport and no sound card; poll its `libHandleEvents` from the main thread."""
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    endpoint.libInit(_endpoint_config(settings))
    endpoint.transportCreate(_TRANSPORTS[settings.transport], _transport_config(settings))
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    for codec in endpoint.codecEnum2():
        endpoint.codecSetPriority(codec.codecId, 0)
    for rank, codec_name in enumerate(settings.codecs):
        endpoint.codecSetPriority(codec_name, 255 - rank)
    return endpoint


def start_tone(frequency: int) -> pj.ToneGenerator:
    """Make an endless tone. A whole second holds whole waves, so it goes on without a click."""
    tone = pj.ToneDesc()
    tone.freq1, tone.on_msec, tone.off_msec = frequency, 1000, 0
    tones = pj.ToneDescVector()
    tones.append(tone)
    generator = pj.ToneGenerator()
    generator.createToneGenerator(SAMPLE_RATE, 1)
    generator.play(tones, True)
    return generator


def account_config(settings: Settings) -> pj.AccountConfig:
    """Describe the account; it registers when told to, and never again by itself after a failure."""
    config = pj.AccountConfig()
    config.idUri = f'"{settings.name}" <sip:{settings.user}@{settings.domain}>'
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", settings.auth_user, 0, settings.password))
    if settings.proxy:
        config.sipConfig.proxies.append(f"sip:{settings.proxy};transport={settings.transport};lr")
    by = "" if settings.transport == "udp" else f";transport={settings.transport}"
    config.regConfig.registrarUri = f"sip:{settings.domain}{by}"
    config.regConfig.registerOnAdd = False
    config.regConfig.timeoutSec = settings.expires
    if not settings.comes_back:
        config.regConfig.retryIntervalSec = 0
    if settings.q is not None:
        config.regConfig.contactParams = f";q={settings.q}"
    # pjsua2 would give all phones of a machine one instance, and so one binding for an address (RFC 5626)
    instance = uuid.uuid5(uuid.NAMESPACE_DNS, f"{settings.name}.{settings.auth_user}.{settings.domain}")
    config.natConfig.sipOutboundInstanceId = f"<urn:uuid:{instance}>"
    config.mediaConfig.transportConfig.boundAddress = settings.address
    if not settings.learns_address:
        config.natConfig.contactRewriteUse = config.natConfig.viaRewriteUse = 0
    config.presConfig.publishEnabled = settings.publishes
    if settings.encrypts:
        config.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_MANDATORY
        config.mediaConfig.srtpSecureSignaling = 0  # keys over UDP too
    return config


def media_format() -> pj.MediaFormatAudio:
    """Give the format in which received sound is handed to us: 16 bit, mono, 20 ms."""
    audio = pj.MediaFormatAudio()
    audio.init(pj.PJMEDIA_FORMAT_PCM, SAMPLE_RATE, 1, FRAME_MICROSECONDS, 16)
    return audio


def _endpoint_config(settings: Settings) -> pj.EpConfig:
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 1
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.userAgent = settings.user_agent or "Carillon test phone"
    if settings.name_server:
        config.uaConfig.nameserver.append(settings.name_server)
    config.medConfig.clockRate = config.medConfig.sndClockRate = SAMPLE_RATE
    config.medConfig.noVad = True  # else quiet frames are left out, and a tone would have holes
    config.medConfig.ecTailLen = 0
    return config


def _transport_config(settings: Settings) -> pj.TransportConfig:
    config = pj.TransportConfig()
    config.port = settings.port
    config.boundAddress = settings.address
    config.tlsConfig.method = pj.PJSIP_TLSV1_2_METHOD  # the wheel's OpenSSL is 1.0.2
    config.tlsConfig.verifyServer = False  # the system makes its certificate itself
    return config
