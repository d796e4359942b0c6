/* Any block of EXIF states one of the eight orientations. */
#include "fuzz.h"

#include "image/exif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int orientation = iv_exif_orientation(data, size);
    fuzz_need(orientation >= 1 && orientation <= 8);
    return 0;
}
