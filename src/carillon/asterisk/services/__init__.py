"""Services, one a file: `run(call)` of the module that has the service's name, `-` written `_`."""
