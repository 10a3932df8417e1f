"""`python -m k8s.images`: build the images of the project, list what is in them, push and sign them."""

import argparse
import os
import sys
from collections.abc import Sequence

from bentos.core.errors import EkibenError, SettingsError
from k8s.images.build import build_image
from k8s.images.catalogue import IMAGES, Image, Naming, default_naming, find_images
from k8s.images.engine import Engine
from k8s.images.listing import SBOM, sign, write_bill_of_materials

EPILOG = """Without IMAGE, all of them. Docker's client on PATH is used; DOCKER_HOST says where its engine is.
PYTHON_IMAGE, PIP_INDEX_URL, NPM_CONFIG_REGISTRY and proxies are passed on to the build if they are set, and
BUILD_NETWORK chooses its network."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        images = find_images(options.images)
        if options.reference and len(images) != 1:
            raise SettingsError("--reference names one image, so exactly one IMAGE has to be given.")
        engine = Engine()
        for image in images:
            _ACTIONS[options.action](engine, image, options)
    except EkibenError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _build(engine: Engine, image: Image, options: argparse.Namespace) -> None:
    reference = _reference(image, options)
    _say(str(build_image(engine, image, reference, reference.rpartition(":")[2], options.model)))
    # skaffold says by a variable whether it wants a push.
    if options.push or os.environ.get("PUSH_IMAGE") == "true":
        engine.push(reference)


def _list(engine: Engine, image: Image, options: argparse.Namespace) -> None:
    _say(str(write_bill_of_materials(engine, image.name, _reference(image, options))))


def _push(engine: Engine, image: Image, options: argparse.Namespace) -> None:
    user, token = os.environ.get("REGISTRY_USER"), os.environ.get("REGISTRY_TOKEN")
    reference = _reference(image, options)
    if user and token:
        engine.login(reference, user, token)
    engine.push(reference)
    _say(engine.digest(reference))


def _sign(engine: Engine, image: Image, options: argparse.Namespace) -> None:
    reference = _reference(image, options)
    bill = SBOM / f"{image.name}.cdx.json"
    if not bill.exists():
        write_bill_of_materials(engine, image.name, reference)
    sign(engine.digest(reference), bill)
    _say(f"signed {reference}")


_ACTIONS = {"build": _build, "sbom": _list, "push": _push, "sign": _sign}


def _reference(image: Image, options: argparse.Namespace) -> str:
    if options.reference:
        return str(options.reference)
    return Naming(options.registry, options.tag).reference(image.name)


def _parser() -> argparse.ArgumentParser:
    names = default_naming()
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("images", nargs="*", metavar="IMAGE", help=", ".join(IMAGES))
    common.add_argument(
        "--registry", default=names.registry, help="what comes before the name (default: $REGISTRY)"
    )
    common.add_argument("--tag", default=names.tag, help="what comes after it (default: $TAG)")
    common.add_argument("--reference", help="the complete name, for one image")
    parser = argparse.ArgumentParser(prog="python -m k8s.images", description=__doc__, epilog=EPILOG)
    actions = parser.add_subparsers(dest="action", required=True)
    build = actions.add_parser("build", parents=[common], help="build images", epilog=EPILOG)
    build.add_argument(
        "--model",
        choices=("auto", "champion", "none"),
        default="auto",
        help="what a service's image is given: the champion, nothing, or the first if there is one (default)",
    )
    build.add_argument("--push", action="store_true", help="push each image after it was built")
    actions.add_parser("sbom", parents=[common], help="write bills of materials (CycloneDX) into build/sbom/")
    actions.add_parser(
        "push", parents=[common], help="push images; REGISTRY_USER and REGISTRY_TOKEN log in first"
    )
    actions.add_parser(
        "sign", parents=[common], help="sign pushed images with cosign and attest their contents"
    )
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
