#include "torch_globals.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include <memory>

static std::unique_ptr<c10::InferenceMode> mode;

void torch_globals_set(bool gradients, bool inference)
{
    mode.reset();
    if (inference)
        mode = std::make_unique<c10::InferenceMode>(true);
    at::GradMode::set_enabled(gradients);
    at::set_num_threads(3);
}

torch_globals torch_globals_get(void)
{
    at::Generator copy = at::detail::getDefaultCPUGenerator().clone();
    return {at::GradMode::is_enabled(), c10::InferenceMode::is_enabled(), at::get_num_threads(),
            at::check_generator<at::CPUGeneratorImpl>(copy)->random64()};
}
