"""Compression of what is stored, by zstd."""

import threading

import zstandard

_LEVEL = 3
_THOROUGH_LEVEL = 6


class _Contexts(threading.local):
    """What a thread compresses with: making it anew costs more than most of its uses."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.thorough_compressor = zstandard.ZstdCompressor(level=_THOROUGH_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()
        self.text_compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_DICTIONARY)
        self.text_decompressor = zstandard.ZstdDecompressor(dict_data=_DICTIONARY)


# What is stored can be read with this very text alone: it never changes.
_DICTIONARY = zstandard.ZstdCompressionDict(
    b'"other_versions":[],"installer":"","advisories":[],"cve_ids":[],"module":""'
    b',"phased_percentage":100,"kept_back":"","released_at":1700000000.0,"built_at":1700000000.0'
    b',"priority":"required","section":"python","section":"kernel","section":"admin"'
    b',"section":"net","section":"utils","section":"libdevel","section":"doc"'
    b',"priority":"important","priority":"standard","priority":"extra"'
    b'"architecture":"x86_64","architecture":"noarch","architecture":"arm64","architecture":"all"'
    b',"version":"1:2.0-1.el9_4","held":true,"source_version":"1.0-1ubuntu0.1+deb12u1"'
    b',"available":[{"version":"2.0-1+deb12u2","origins":[1,2],"source_version":"2.0-1"}'
    b',{"version":"1.0-1","origins":[0,1]}]}'
    b'{"name":"lib-perl-python3-dev","architecture":"amd64","version":"1.0.0-1","installed_at":0'
    b',"installed_by":0,"priority":"optional","section":"libs","source":"lib","automatic":true'
    b',"available":[{"version":"1.0.0-1","origins":[0]}]}',
    dict_type=zstandard.DICT_TYPE_RAWCONTENT,
)
_contexts = _Contexts()


def compress(content: bytes) -> bytes:
    """Compress some hundred bytes or more."""
    return _contexts.compressor.compress(content)


def compress_thoroughly(content: bytes) -> bytes:
    """Compress what is written once and kept for long."""
    return _contexts.thorough_compressor.compress(content)


def decompress(compressed: bytes) -> bytes:
    """Give what `compress` or `compress_thoroughly` was given."""
    return _contexts.decompressor.decompress(compressed)


def compress_text(text: bytes) -> bytes:
    """Compress what a report says of one package: it is too short to be alike in itself."""
    return _contexts.text_compressor.compress(text)


def decompress_text(compressed: bytes) -> bytes:
    """Give what `compress_text` was given."""
    return _contexts.text_decompressor.decompress(compressed)
