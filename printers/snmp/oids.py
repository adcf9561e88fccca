"""RFC 3418 system group, RFC 2790 host resources, RFC 3805 printer MIB, and Brother's own branch."""

STATUS_BLOCK = "1.3.6.1.4.1.2435.3.3.9.1.6.1.0"
DEVICE_ID = "1.3.6.1.4.1.2435.2.3.9.1.1.7.0"
DEVICE_DESCR = "1.3.6.1.2.1.25.3.2.1.3.1"
PRINTER_STATUS = "1.3.6.1.2.1.25.3.5.1.1.1"
DETECTED_ERRORS = "1.3.6.1.2.1.25.3.5.1.2.1"
MEDIA_NAME = "1.3.6.1.2.1.43.8.2.1.12.1.1"
DISPLAY = "1.3.6.1.2.1.43.16.5.1.2.1.1"
LIFE_COUNT = "1.3.6.1.2.1.43.10.2.1.4.1.1"
SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"

# prtInputDimUnit, prtInputMediaDimFeedDirDeclared, prtInputMediaDimXFeedDirDeclared
MEDIA_UNIT = "1.3.6.1.2.1.43.8.2.1.3.1.1"
MEDIA_FEED = "1.3.6.1.2.1.43.8.2.1.4.1.1"
MEDIA_ACROSS = "1.3.6.1.2.1.43.8.2.1.5.1.1"

# What changes while a printer prints, in one small packet; then what tells who it is.
QUICK = (STATUS_BLOCK, PRINTER_STATUS, LIFE_COUNT)
CHANGING = (*QUICK, DETECTED_ERRORS, MEDIA_NAME, DISPLAY)
ALL = (*CHANGING, DEVICE_ID, DEVICE_DESCR, SYS_DESCR, SYS_NAME)
DIMENSIONS = (MEDIA_UNIT, MEDIA_FEED, MEDIA_ACROSS)
# Every agent has it: it answers a device that is picky about larger questions.
SMALLEST = (SYS_DESCR,)
