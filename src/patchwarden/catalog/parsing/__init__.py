"""What formats of feeds share: JSON, XML and lines of text, and the words of vendors."""
