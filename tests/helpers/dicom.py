"""DICOM files drawn by the tests."""

import io
from typing import Any

import numpy as np
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGBaseline8Bit, VLPhotographicImageStorage, generate_uid

from app.screening.synthetic import draw_lesion
from tests.helpers.uploads import encoded, lesion

PATIENT = "Doe^Jane"


def raw_dicom(syntax: UID = ExplicitVRLittleEndian, **tags: Any) -> bytes:
    """`lesion()` as raw RGB; `tags` replaces any of them."""
    return _written(syntax, {"PixelData": draw_lesion(7, 150, 200).tobytes(), **tags})


def planar_dicom() -> bytes:
    planes = np.ascontiguousarray(draw_lesion(7, 150, 200).transpose(2, 0, 1))
    return raw_dicom(PlanarConfiguration=1, PixelData=planes.tobytes())


def jpeg_dicom(**tags: Any) -> bytes:
    content = encapsulate([encoded(lesion(), "JPEG", quality=95)])
    return _written(JPEGBaseline8Bit, {"PhotometricInterpretation": "YBR_FULL_422", "PixelData": content, **tags})


def _written(syntax: UID, tags: dict[str, Any]) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = VLPhotographicImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.PatientName = PATIENT
    values = {
        "SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0, "Rows": 150,
        "Columns": 200, "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0,
    }  # fmt: skip
    for name, value in {**values, **tags}.items():
        setattr(dataset, name, value)
    dataset["PixelData"].VR = "OW"
    dataset["PixelData"].is_undefined_length = syntax.is_compressed and syntax != "1.2.840.10008.1.2.1.99"
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True, overwrite=True)
    return buffer.getvalue()
