#include "guard.h"

#include <c10/util/Exception.h>

#include <cstring>
#include <new>

namespace shim
{

// One line of UTF-8 that ends at a whole character: torch's messages go over many lines.
static void put_line(char *out, size_t size, const char *text)
{
    size_t n = 0;
    for (const char *p = text; *p && n + 1 < size; p++) {
        if (*p == '\n')
            break;
        out[n++] = static_cast<unsigned char>(*p) < 0x20 || *p == 0x7f ? ' ' : *p;
    }
    if (n + 1 == size) {
        while (n > 0 && (out[n - 1] & 0xC0) == 0x80)
            n--;
        if (n > 0 && (out[n - 1] & 0x80))
            n--;
    }
    out[n] = '\0';
}

imgvec_status fail(imgvec_error *err, imgvec_status status, int32_t origin,
                   const char *text) noexcept
{
    if (err) {
        err->code = status;
        err->origin = origin;
        err->detail = 0;
        put_line(err->text, sizeof err->text, text);
        if (!*err->text)
            put_line(err->text, sizeof err->text, "the network failed without a reason");
    }
    return status;
}

// torch has no type of its own for this in every version we serve.
static bool is_out_of_memory(const char *text)
{
    return std::strstr(text, "can't allocate memory") || std::strstr(text, "not enough memory") ||
           std::strstr(text, "out of memory");
}

imgvec_status report(imgvec_error *err) noexcept
{
    try {
        throw;
    } catch (const Failure &e) {
        return fail(err, e.status, IMGVEC_ORIGIN_LIBRARY, e.what());
    } catch (const std::bad_alloc &) {
        return fail(err, IMGVEC_ERR_NO_MEMORY, IMGVEC_ORIGIN_TORCH, "out of memory in the network");
    } catch (const c10::Error &e) {
        const char *text = e.what_without_backtrace();
        return fail(err, is_out_of_memory(text) ? IMGVEC_ERR_NO_MEMORY : IMGVEC_ERR_ENGINE,
                    IMGVEC_ORIGIN_TORCH, text);
    } catch (const std::exception &e) {
        return fail(err, is_out_of_memory(e.what()) ? IMGVEC_ERR_NO_MEMORY : IMGVEC_ERR_ENGINE,
                    IMGVEC_ORIGIN_TORCH, e.what());
    } catch (...) {
        return fail(err, IMGVEC_ERR_ENGINE, IMGVEC_ORIGIN_TORCH, "");
    }
}

} // namespace shim
