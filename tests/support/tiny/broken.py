"""The tiny service, with a BentoML class that can't be imported."""

from dataclasses import replace

from tests.support.tiny.definition import DEFINITION as SOUND

DEFINITION = replace(SOUND, bento="tests.support.tiny.service_that_is_not_there:Tiny")
