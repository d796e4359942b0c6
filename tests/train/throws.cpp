// A module that is built as the network module is, and throws what torch throws.
#include "../../shim/guard.h"

#include <c10/util/Exception.h>

#include <functional>
#include <future>
#include <string>
#include <system_error>
#include <vector>

static void throw_it(int which)
{
    const c10::SourceLocation here = {"function", "file.cpp", 1};
    switch (which) {
    case 0:
        throw c10::Error(here, "an error of torch\nwith a second line");
    case 1:
        throw c10::IndexError(here, "an index");
    case 2:
        throw c10::ValueError(here, "a value");
    case 3:
        throw c10::TypeError(here, "a type");
    case 4:
        throw c10::NotImplementedError(here, "no such operation");
    case 5:
        throw c10::EnforceFiniteError(here, "not finite");
    case 6:
        throw c10::LinAlgError(here, "no eigenvalues");
    case 7:
        throw c10::OutOfMemoryError(here, "CUDA out of memory. Tried to allocate 2 GiB");
    case 8:
        TORCH_CHECK(false, "a check with \x01 in it");
    case 9:
        TORCH_INTERNAL_ASSERT(false, "an assertion");
    case 10:
        throw c10::Error(here, "DefaultCPUAllocator: can't allocate memory: you tried to allocate "
                               "9 bytes");
    case 11:
        throw std::bad_alloc();
    case 12:
        throw std::runtime_error(std::string(4000, 'x'));
    case 13:
        throw std::logic_error("");
    case 14:
        std::vector<int>().at(3);
        break;
    case 15:
        std::string("a").substr(2);
        break;
    case 16:
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
    case 17:
        throw std::bad_function_call();
    case 18:
        throw std::future_error(std::future_errc::broken_promise);
    case 19:
        throw shim::Failure(IMGVEC_ERR_UNSUPPORTED, "a failure of the module's own");
    case 20:
        throw 7;
    case 21:
        throw "a text";
    default:
        throw std::string("a string");
    }
}

extern "C" __attribute__((visibility("default"))) imgvec_status iv_torch_executor(int which,
                                                                                  imgvec_error *err)
{
    return shim::guard(err, [which] { throw_it(which); });
}
