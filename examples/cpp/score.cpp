// Scores data with a saved model: score MODEL DATA. As c-plain, with handles that free themselves
// and errors as exceptions.
#include <imgvec/imgvec.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

namespace
{

template <auto Free> struct Deleter {
    template <class T> void operator()(T *handle) const
    {
        Free(handle);
    }
};
using Context = std::unique_ptr<imgvec_context, Deleter<imgvec_context_free>>;
using Dataset = std::unique_ptr<imgvec_dataset, Deleter<imgvec_dataset_free>>;
using Model = std::unique_ptr<imgvec_model, Deleter<imgvec_model_free>>;

void check(imgvec_status status, const imgvec_error &err)
{
    if (status)
        throw std::runtime_error(err.text);
}

// Calls a constructor of the library and owns what comes back.
template <class Handle, class Make> Handle make(Make call)
{
    typename Handle::pointer raw = nullptr;
    imgvec_error err;
    check(call(&raw, &err), err);
    return Handle(raw);
}

void score(const char *model_path, const char *data_path)
{
    auto ctx = make<Context>(imgvec_context_new);
    auto model = make<Model>([&](auto out, auto err) {
        return imgvec_model_open(ctx.get(), model_path, nullptr, out, err);
    });
    auto data = make<Dataset>([&](auto out, auto err) {
        return imgvec_dataset_open(ctx.get(), data_path, nullptr, nullptr, out, err);
    });
    const auto rows = static_cast<std::size_t>(imgvec_dataset_rows(data.get()));
    const auto outputs = static_cast<std::size_t>(imgvec_model_outputs(model.get()));
    std::vector<float> p(rows * outputs);
    std::vector<int32_t> status(rows);
    imgvec_error err;
    check(imgvec_model_predict(model.get(), data.get(), nullptr, p.data(), p.size(), nullptr,
                               status.data(), &err),
          err);
    for (std::size_t row = 0; row < rows; row++) {
        std::printf("%zu", row);
        if (status[row])
            std::printf(" %s", imgvec_status_name(status[row]));
        for (std::size_t i = 0; i < outputs && !status[row]; i++) {
            const float value = p[row * outputs + i];
            uint32_t bits;
            std::memcpy(&bits, &value, sizeof bits);
            std::printf(" %s=%.6f/%08x",
                        imgvec_model_output_name(model.get(), static_cast<int32_t>(i)),
                        static_cast<double>(value), static_cast<unsigned>(bits));
        }
        std::printf("\n");
    }
}

} // namespace

int main(int argc, char **argv)
{
    try {
        if (argc != 3)
            throw std::runtime_error("usage: score MODEL DATA");
        score(argv[1], argv[2]);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "score: %s\n", error.what());
        return 1;
    }
}
