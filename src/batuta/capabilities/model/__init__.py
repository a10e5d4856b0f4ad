"""Models behind providers: one question, one answer, streamed, checked and paid for."""
