"""Networks that make pictures and words: style transfer, dreams, captions."""
