"""Files of office programs: archives of XML, by the standards ISO/IEC 29500 (Microsoft) and 26300 (OpenDocument)."""
