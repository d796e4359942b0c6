/* The table of published checkpoints. */
#include "net/published.h"

#define BSD "BSD-3-Clause"
#define APACHE "Apache-2.0"
#define NONCOMMERCIAL "CC-BY-NC-4.0"
#define UNKNOWN ""

/* tag, file, url */
#define AT(base, tag, file) tag, file, base file
#define PYTORCH(tag, file) AT("https://download.pytorch.org/models/", tag, file)
#define TIMM "https://github.com/huggingface/pytorch-image-models/releases/download/"
#define RELEASE(tag, file) AT(TIMM "v0.1-weights/", tag, file)
#define RSB(tag, file) AT(TIMM "v0.1-rsb-weights/", tag, file)
#define TRESNET(tag, file) AT(TIMM "v0.1-tresnet/", tag, file)
#define CADENE(tag, file) AT(TIMM "v0.1-cadene/", tag, file)
#define GLUON(tag, file)                                                                           \
    AT("https://github.com/rwightman/pytorch-pretrained-gluonresnet/releases/download/v0.1/", tag, \
       file)
#define FACEBOOK(tag, file)                                                                        \
    AT("https://dl.fbaipublicfiles.com/semiweaksupervision/model_files/", tag, file)
#define DLI14(tag, file)                                                                           \
    AT("https://github.com/d-li14/mobilenetv2.pytorch/raw/master/pretrained/", tag, file)
#define LIP6(tag, file) AT("http://data.lip6.fr/cadene/pretrainedmodels/", tag, file)
#define HUB(tag)                                                                                   \
    tag, tag ".safetensors", "https://huggingface.co/timm/" tag "/resolve/main/model.safetensors"

#define IMAGENET                                                                                   \
    {0.485f, 0.456f, 0.406f},                                                                      \
    {                                                                                              \
        0.229f, 0.224f, 0.225f                                                                     \
    }
#define HALF                                                                                       \
    {0.5f, 0.5f, 0.5f},                                                                            \
    {                                                                                              \
        0.5f, 0.5f, 0.5f                                                                           \
    }
#define UNIT                                                                                       \
    {0.0f, 0.0f, 0.0f},                                                                            \
    {                                                                                              \
        1.0f, 1.0f, 1.0f                                                                           \
    }
#define INPUT(resize, crop, how, statistics)                                                       \
    {                                                                                              \
        (resize), (crop), (how), statistics                                                        \
    }
enum { BILINEAR, BICUBIC };

/* For each backbone first the weights of torchvision, then the others, each by accuracy, and at
 * the end those that may not be used commercially or whose licence is not known.
 *
 * torchvision's and timm's file names carry the beginning of the SHA-256; those of torchvision
 * are checked by it. Its efficientnets were renamed, since the old names had the hashes of the
 * files that they were converted from. Hugging Face publishes none in a name. timm's 384-pixel
 * convnext_tiny is left out: it wants its images squashed to a square.
 *
 * torchvision's inception_v3: see the table of backbones for its statistics. */
/* clang-format off */
static const iv_published table[] = {
    {"convnext_tiny", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V1", "convnext_tiny-983f1562.pth"),
     "983f1562", 114419221, 82.52, INPUT(236, 224, BILINEAR, IMAGENET)},
    {"convnext_tiny", IV_TIMM, APACHE, HUB("convnext_tiny.in12k_ft_in1k"),
     "", 0, 84.192, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"convnext_tiny", IV_TIMM, APACHE, HUB("convnext_tiny.in12k"),
     "", 0, 0, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"convnext_tiny", IV_TIMM, UNKNOWN, HUB("convnext_tiny.fb_in22k_ft_in1k"),
     "", 0, 82.9, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"convnext_tiny", IV_TIMM, UNKNOWN, HUB("convnext_tiny.fb_in1k"),
     "", 0, 82.066, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"convnext_tiny", IV_TIMM, UNKNOWN, HUB("convnext_tiny.dinov3_lvd1689m"),
     "", 0, 0, INPUT(224, 224, BICUBIC, IMAGENET)},
    {"convnext_tiny", IV_TIMM, UNKNOWN, HUB("convnext_tiny.eupe_lvd1689m"),
     "", 0, 0, INPUT(256, 256, BICUBIC, IMAGENET)},
    {"convnext_tiny", IV_TIMM, UNKNOWN, HUB("convnext_tiny.fb_in22k"),
     "", 0, 0, INPUT(256, 224, BICUBIC, IMAGENET)},

    {"densenet121", IV_TV_FILE, BSD, PYTORCH("IMAGENET1K_V1", "densenet121-a639ec97.pth"),
     "a639ec97", 32342954, 74.434, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"densenet121", IV_TORCHVISION, APACHE, HUB("densenet121.ra_in1k"),
     "", 0, 75.574, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"densenet121", IV_TORCHVISION, APACHE, HUB("densenet121.tv_in1k"),
     "", 0, 74.75, INPUT(256, 224, BICUBIC, IMAGENET)},

    {"densenet169", IV_TV_FILE, BSD, PYTORCH("IMAGENET1K_V1", "densenet169-b2777c0a.pth"),
     "b2777c0a", 57365526, 75.6, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"densenet169", IV_TORCHVISION, APACHE, HUB("densenet169.tv_in1k"),
     "", 0, 75.922, INPUT(256, 224, BICUBIC, IMAGENET)},

    {"efficientnetb0", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "efficientnet_b0_rwightman-7f5810bc.pth"),
     "7f5810bc96def8f7552d5b7e68d53c4786f81167d28291b21c0d90e1fca14934",
     21444401, 77.692, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"efficientnetb0", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "efficientnet_b0_rwightman-3dd342df.pth"),
     "7f5810bc96def8f7552d5b7e68d53c4786f81167d28291b21c0d90e1fca14934",
     21444401, 77.692, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"efficientnetb0", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b0.ns_jft_in1k", "tf_efficientnet_b0_ns-c0e6a31c.pth"),
     "c0e6a31c", 0, 78.68, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"efficientnetb0", IV_TIMM, APACHE, HUB("efficientnet_b0.ra4_e3600_r224_in1k"),
     "", 0, 78.568, INPUT(248, 224, BICUBIC, HALF)},
    {"efficientnetb0", IV_TIMM, APACHE,
     RELEASE("efficientnet_b0.ra_in1k", "efficientnet_b0_ra-3dd342df.pth"),
     "3dd342df", 0, 77.698, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"efficientnetb0", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b0.ap_in1k", "tf_efficientnet_b0_ap-f262efe1.pth"),
     "f262efe1", 0, 77.1, INPUT(256, 224, BICUBIC, HALF)},
    {"efficientnetb0", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b0.aa_in1k", "tf_efficientnet_b0_aa-827b6e33.pth"),
     "827b6e33", 0, 76.882, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"efficientnetb0", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b0.in1k", "tf_efficientnet_b0-0af12548.pth"),
     "0af12548", 0, 76.542, INPUT(256, 224, BICUBIC, IMAGENET)},

    {"efficientnetb1", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V2", "efficientnet_b1-c27df63c.pth"),
     "c27df63c", 31600329, 79.838, INPUT(255, 240, BILINEAR, IMAGENET)},
    {"efficientnetb1", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "efficientnet_b1_rwightman-bac287d4.pth"),
     "bac287d4", 0, 78.642, INPUT(256, 240, BICUBIC, IMAGENET)},
    {"efficientnetb1", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "efficientnet_b1_rwightman-533bc792.pth"),
     "", 31597577, 78.642, INPUT(256, 240, BICUBIC, IMAGENET)},
    {"efficientnetb1", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b1.ns_jft_in1k", "tf_efficientnet_b1_ns-99dd0c41.pth"),
     "99dd0c41", 0, 81.394, INPUT(272, 240, BICUBIC, IMAGENET)},
    {"efficientnetb1", IV_TIMM, APACHE, HUB("efficientnet_b1.ra4_e3600_r240_in1k"),
     "", 0, 80.404, INPUT(266, 240, BICUBIC, HALF)},
    {"efficientnetb1", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b1.ap_in1k", "tf_efficientnet_b1_ap-44ef0a3d.pth"),
     "44ef0a3d", 0, 79.28, INPUT(272, 240, BICUBIC, HALF)},
    {"efficientnetb1", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b1.aa_in1k", "tf_efficientnet_b1_aa-ea7a6ee0.pth"),
     "ea7a6ee0", 0, 78.83, INPUT(272, 240, BICUBIC, IMAGENET)},
    {"efficientnetb1", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b1.in1k", "tf_efficientnet_b1-5c1377c4.pth"),
     "5c1377c4", 0, 78.56, INPUT(272, 240, BICUBIC, IMAGENET)},
    {"efficientnetb1", IV_TIMM, APACHE,
     RELEASE("efficientnet_b1.ft_in1k", "efficientnet_b1-533bc792.pth"),
     "533bc792", 0, 77.592, INPUT(256, 224, BICUBIC, IMAGENET)},

    {"efficientnetb2", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "efficientnet_b2_rwightman-c35c1473.pth"),
     "c35c147384e385a5bab5a8eabdabbe5a3df0487ee4a554108626ae474a5bf755",
     36882185, 80.608, INPUT(288, 288, BICUBIC, IMAGENET)},
    {"efficientnetb2", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "efficientnet_b2_rwightman-bcdf34b7.pth"),
     "c35c147384e385a5bab5a8eabdabbe5a3df0487ee4a554108626ae474a5bf755",
     36882185, 80.608, INPUT(288, 288, BICUBIC, IMAGENET)},
    {"efficientnetb2", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b2.ns_jft_in1k", "tf_efficientnet_b2_ns-00306e48.pth"),
     "00306e48", 0, 82.412, INPUT(292, 260, BICUBIC, IMAGENET)},
    {"efficientnetb2", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b2.ap_in1k", "tf_efficientnet_b2_ap-2f8e7636.pth"),
     "2f8e7636", 0, 80.3, INPUT(292, 260, BICUBIC, HALF)},
    {"efficientnetb2", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b2.aa_in1k", "tf_efficientnet_b2_aa-60c94f97.pth"),
     "60c94f97", 0, 80.074, INPUT(292, 260, BICUBIC, IMAGENET)},
    {"efficientnetb2", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b2.in1k", "tf_efficientnet_b2-e393ef04.pth"),
     "e393ef04", 0, 79.612, INPUT(292, 260, BICUBIC, IMAGENET)},
    {"efficientnetb2", IV_TIMM, APACHE,
     RELEASE("efficientnet_b2.ra_in1k", "efficientnet_b2_ra-bcdf34b7.pth"),
     "bcdf34b7", 0, 79.324, INPUT(292, 256, BICUBIC, IMAGENET)},

    {"efficientnetb3", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "efficientnet_b3_rwightman-b3899882.pth"),
     "b3899882250c22946d0229d266049fcd133c169233530b36b9ffa7983988362f",
     49475909, 82.008, INPUT(320, 300, BICUBIC, IMAGENET)},
    {"efficientnetb3", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "efficientnet_b3_rwightman-cf984f9c.pth"),
     "b3899882250c22946d0229d266049fcd133c169233530b36b9ffa7983988362f",
     49475909, 82.008, INPUT(320, 300, BICUBIC, IMAGENET)},
    {"efficientnetb3", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b3.ns_jft_in1k", "tf_efficientnet_b3_ns-9d44bf68.pth"),
     "9d44bf68", 0, 84.056, INPUT(331, 300, BICUBIC, IMAGENET)},
    {"efficientnetb3", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b3.ap_in1k", "tf_efficientnet_b3_ap-aad25bdd.pth"),
     "aad25bdd", 0, 81.826, INPUT(331, 300, BICUBIC, HALF)},
    {"efficientnetb3", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b3.aa_in1k", "tf_efficientnet_b3_aa-84b4657e.pth"),
     "84b4657e", 0, 81.644, INPUT(331, 300, BICUBIC, IMAGENET)},
    {"efficientnetb3", IV_TIMM, APACHE,
     RELEASE("efficientnet_b3.ra2_in1k", "efficientnet_b3_ra2-cf984f9c.pth"),
     "cf984f9c", 0, 81.472, INPUT(329, 288, BICUBIC, IMAGENET)},
    {"efficientnetb3", IV_TIMM_TF, APACHE,
     RELEASE("tf_efficientnet_b3.in1k", "tf_efficientnet_b3-e3bd6955.pth"),
     "e3bd6955", 0, 80.878, INPUT(331, 300, BICUBIC, IMAGENET)},

    {"inception_v3", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "inception_v3_google-0cc3c7bd.pth"),
     "0cc3c7bd", 108949746, 77.294, INPUT(342, 299, BILINEAR, HALF)},
    {"inception_v3", IV_TIMM, APACHE, HUB("inception_v3.gluon_in1k"),
     "", 0, 78.806, INPUT(341, 299, BICUBIC, IMAGENET)},
    {"inception_v3", IV_TIMM, APACHE, HUB("inception_v3.tf_in1k"),
     "", 0, 77.866, INPUT(341, 299, BICUBIC, HALF)},
    {"inception_v3", IV_TIMM, APACHE, HUB("inception_v3.tf_adv_in1k"),
     "", 0, 77.598, INPUT(341, 299, BICUBIC, HALF)},
    {"inception_v3", IV_TIMM, APACHE,
     PYTORCH("inception_v3.tv_in1k", "inception_v3_google-1a9a5a14.pth"),
     "1a9a5a14", 0, 77.472, INPUT(341, 299, BICUBIC, HALF)},

    {"mobilenetv2", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V2", "mobilenet_v2-7ebf99e0.pth"),
     "7ebf99e0", 14258573, 72.154, INPUT(232, 224, BILINEAR, IMAGENET)},
    {"mobilenetv2", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V1", "mobilenet_v2-b0353104.pth"),
     "b0353104", 14212972, 71.878, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"mobilenetv2", IV_TIMM, APACHE,
     RELEASE("mobilenetv2_100.ra_in1k", "mobilenetv2_100_ra-b33bc2c4.pth"),
     "b33bc2c4", 0, 72.91, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"mobilenetv2", IV_DLI14, APACHE, DLI14("width 1.0", "mobilenetv2_1.0-0c6065bc.pth"),
     "0c6065bc", 0, 72.192, INPUT(256, 224, BILINEAR, IMAGENET)},

    {"mobilenetv2_035", IV_DLI14, APACHE, DLI14("width 0.35", "mobilenetv2_0.35-b2e15951.pth"),
     "b2e15951", 0, 60.092, INPUT(256, 224, BILINEAR, IMAGENET)},

    {"mobilenetv3_large", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V2", "mobilenet_v3_large-5c1a4163.pth"),
     "5c1a4163", 22132113, 75.274, INPUT(232, 224, BILINEAR, IMAGENET)},
    {"mobilenetv3_large", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "mobilenet_v3_large-8738ca79.pth"),
     "8738ca79", 22139423, 74.042, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"mobilenetv3_large", IV_TIMM, APACHE,
     TRESNET("mobilenetv3_large_100.miil_in21k_ft_in1k",
     "mobilenetv3_large_100_1k_miil_78_0-66471c13.pth"),
     "66471c13", 0, 77.92, INPUT(256, 224, BILINEAR, UNIT)},
    {"mobilenetv3_large", IV_TIMM, APACHE, HUB("mobilenetv3_large_100.ra4_e3600_r224_in1k"),
     "", 0, 76.31, INPUT(235, 224, BICUBIC, HALF)},
    {"mobilenetv3_large", IV_TIMM, APACHE,
     RELEASE("mobilenetv3_large_100.ra_in1k", "mobilenetv3_large_100_ra-f55367f5.pth"),
     "f55367f5", 0, 75.784, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"mobilenetv3_large", IV_TIMM_TF, APACHE,
     RELEASE("tf_mobilenetv3_large_100.in1k", "tf_mobilenetv3_large_100-427764d5.pth"),
     "427764d5", 0, 75.516, INPUT(256, 224, BILINEAR, HALF)},
    {"mobilenetv3_large", IV_TIMM, APACHE,
     TRESNET("mobilenetv3_large_100.miil_in21k", "mobilenetv3_large_100_in21k_miil-d71cc17b.pth"),
     "d71cc17b", 0, 0, INPUT(256, 224, BILINEAR, UNIT)},

    {"regnety_016", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V2", "regnet_y_1_6gf-0d7bc02a.pth"),
     "0d7bc02a", 45248477, 80.876, INPUT(232, 224, BILINEAR, IMAGENET)},
    {"regnety_016", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V1", "regnet_y_1_6gf-b11a554e.pth"),
     "b11a554e", 45248477, 77.95, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"regnety_016", IV_TIMM, APACHE, HUB("regnety_016.tv2_in1k"),
     "", 0, 80.668, INPUT(232, 224, BICUBIC, IMAGENET)},
    {"regnety_016", IV_TIMM, APACHE, HUB("regnety_016.pycls_in1k"),
     "", 0, 77.88, INPUT(256, 224, BICUBIC, IMAGENET)},

    {"resnet101", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V2", "resnet101-cd907fc2.pth"),
     "cd907fc2", 178814045, 81.886, INPUT(232, 224, BILINEAR, IMAGENET)},
    {"resnet101", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V1", "resnet101-63fe2227.pth"),
     "63fe2227", 178793939, 77.374, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnet101", IV_TORCHVISION, APACHE, RSB("resnet101.a1h_in1k", "resnet101_a1h-36d3f2aa.pth"),
     "36d3f2aa", 0, 81.95, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet101", IV_TORCHVISION, APACHE, RSB("resnet101.a1_in1k", "resnet101_a1_0-cdcb52a9.pth"),
     "cdcb52a9", 0, 81.494, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet101", IV_TORCHVISION, APACHE, RSB("resnet101.a2_in1k", "resnet101_a2_0-6edb36c7.pth"),
     "6edb36c7", 0, 81.344, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet101", IV_TORCHVISION, APACHE, HUB("resnet101.tv2_in1k"),
     "", 0, 79.908, INPUT(201, 176, BILINEAR, IMAGENET)},
    {"resnet101", IV_TORCHVISION, APACHE,
     GLUON("resnet101.gluon_in1k", "gluon_resnet101_v1b-3b017079.pth"),
     "3b017079", 0, 79.306, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnet101", IV_TORCHVISION, APACHE, RSB("resnet101.a3_in1k", "resnet101_a3_0-1db14157.pth"),
     "1db14157", 0, 77.928, INPUT(168, 160, BICUBIC, IMAGENET)},
    {"resnet101", IV_TORCHVISION, APACHE, HUB("resnet101.tv_in1k"),
     "", 0, 77.404, INPUT(256, 224, BILINEAR, IMAGENET)},

    {"resnet18", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V1", "resnet18-f37072fd.pth"),
     "f37072fd", 46830571, 69.758, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnet18", IV_TORCHVISION, APACHE, RSB("resnet18.a1_in1k", "resnet18_a1_0-d63eafa0.pth"),
     "d63eafa0", 0, 71.504, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet18", IV_TORCHVISION, APACHE,
     GLUON("resnet18.gluon_in1k", "gluon_resnet18_v1b-0757602b.pth"),
     "0757602b", 0, 70.844, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnet18", IV_TORCHVISION, APACHE, RSB("resnet18.a2_in1k", "resnet18_a2_0-b61bd467.pth"),
     "b61bd467", 0, 70.634, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet18", IV_TORCHVISION, APACHE, HUB("resnet18.tv_in1k"),
     "", 0, 69.752, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnet18", IV_TORCHVISION, APACHE, RSB("resnet18.a3_in1k", "resnet18_a3_0-40c531c8.pth"),
     "40c531c8", 0, 65.67, INPUT(168, 160, BICUBIC, IMAGENET)},
    {"resnet18", IV_TORCHVISION, NONCOMMERCIAL,
     FACEBOOK("resnet18.fb_swsl_ig1b_ft_in1k", "semi_weakly_supervised_resnet18-118f1556.pth"),
     "118f1556", 0, 73.286, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnet18", IV_TORCHVISION, NONCOMMERCIAL,
     FACEBOOK("resnet18.fb_ssl_yfcc100m_ft_in1k", "semi_supervised_resnet18-d92f0530.pth"),
     "d92f0530", 0, 72.636, INPUT(256, 224, BILINEAR, IMAGENET)},

    {"resnet34", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V1", "resnet34-b627a593.pth"),
     "b627a593", 87319819, 73.314, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnet34", IV_TORCHVISION, APACHE, HUB("resnet34.ra4_e3600_r224_in1k"),
     "", 0, 77.492, INPUT(248, 224, BICUBIC, HALF)},
    {"resnet34", IV_TORCHVISION, APACHE, RSB("resnet34.a1_in1k", "resnet34_a1_0-46f8f793.pth"),
     "46f8f793", 0, 76.42, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet34", IV_TORCHVISION, APACHE, RSB("resnet34.a2_in1k", "resnet34_a2_0-82d47d71.pth"),
     "82d47d71", 0, 75.52, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet34", IV_TORCHVISION, APACHE, RELEASE("resnet34.bt_in1k", "resnet34-43635321.pth"),
     "43635321", 0, 75.176, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnet34", IV_TORCHVISION, APACHE,
     GLUON("resnet34.gluon_in1k", "gluon_resnet34_v1b-c6d82d59.pth"),
     "c6d82d59", 0, 74.574, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnet34", IV_TORCHVISION, APACHE, HUB("resnet34.tv_in1k"),
     "", 0, 73.298, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnet34", IV_TORCHVISION, APACHE, RSB("resnet34.a3_in1k", "resnet34_a3_0-a20cabb6.pth"),
     "a20cabb6", 0, 70.58, INPUT(168, 160, BICUBIC, IMAGENET)},

    {"resnet50", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V2", "resnet50-11ad3fa6.pth"),
     "11ad3fa6", 102540417, 80.858, INPUT(232, 224, BILINEAR, IMAGENET)},
    {"resnet50", IV_TORCHVISION, BSD, PYTORCH("IMAGENET1K_V1", "resnet50-0676ba61.pth"),
     "0676ba61", 102530333, 76.13, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RSB("resnet50.a1_in1k", "resnet50_a1_0-14fe96d1.pth"),
     "14fe96d1", 0, 80.382, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RSB("resnet50.d_in1k", "resnet50_d-f39db8af.pth"),
     "f39db8af", 0, 79.904, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RSB("resnet50.c2_in1k", "resnet50_c2-d01e05b2.pth"),
     "d01e05b2", 0, 79.868, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RSB("resnet50.a2_in1k", "resnet50_a2_0-a2746f79.pth"),
     "a2746f79", 0, 79.828, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RSB("resnet50.c1_in1k", "resnet50_c1-5ba5e060.pth"),
     "5ba5e060", 0, 79.766, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RSB("resnet50.b1k_in1k", "resnet50_b1k-532a802a.pth"),
     "532a802a", 0, 79.564, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, HUB("resnet50.tv2_in1k"),
     "", 0, 79.434, INPUT(201, 176, BILINEAR, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RSB("resnet50.b2k_in1k", "resnet50_b2k-1ba180c1.pth"),
     "1ba180c1", 0, 79.388, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RSB("resnet50.a1h_in1k", "resnet50_a1h2_176-001a1197.pth"),
     "001a1197", 0, 79.264, INPUT(195, 176, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RELEASE("resnet50.ram_in1k", "resnet50_ram-a26f946b.pth"),
     "a26f946b", 0, 79.034, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RELEASE("resnet50.am_in1k", "resnet50_am-6c502b37.pth"),
     "6c502b37", 0, 79.004, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RELEASE("resnet50.ra_in1k", "resnet50_ra-85ebb6e5.pth"),
     "85ebb6e5", 0, 78.82, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RELEASE("resnet50.bt_in1k", "rw_resnet50-86acaeed.pth"),
     "86acaeed", 0, 78.444, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE,
     GLUON("resnet50.gluon_in1k", "gluon_resnet50_v1b-0ebe02e2.pth"),
     "0ebe02e2", 0, 77.58, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, HUB("resnet50.tv_in1k"),
     "", 0, 76.156, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnet50", IV_TORCHVISION, APACHE, RSB("resnet50.a3_in1k", "resnet50_a3_0-59cae1ef.pth"),
     "59cae1ef", 0, 75.994, INPUT(168, 160, BICUBIC, IMAGENET)},
    {"resnet50", IV_TORCHVISION, NONCOMMERCIAL,
     FACEBOOK("resnet50.fb_swsl_ig1b_ft_in1k", "semi_weakly_supervised_resnet50-16a12f1b.pth"),
     "16a12f1b", 0, 81.146, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnet50", IV_TORCHVISION, NONCOMMERCIAL,
     FACEBOOK("resnet50.fb_ssl_yfcc100m_ft_in1k", "semi_supervised_resnet50-08389792.pth"),
     "08389792", 0, 79.252, INPUT(256, 224, BILINEAR, IMAGENET)},

    {"resnext50_32x4d", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V2", "resnext50_32x4d-1a0047aa.pth"),
     "1a0047aa", 100488385, 81.198, INPUT(232, 224, BILINEAR, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, BSD,
     PYTORCH("IMAGENET1K_V1", "resnext50_32x4d-7cdf4587.pth"),
     "7cdf4587", 100441675, 77.618, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, APACHE,
     RSB("resnext50_32x4d.a1h_in1k", "resnext50_32x4d_a1h-0146ab0a.pth"),
     "0146ab0a", 0, 81.14, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, APACHE,
     RSB("resnext50_32x4d.a1_in1k", "resnext50_32x4d_a1_0-b5a91a1d.pth"),
     "b5a91a1d", 0, 80.526, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, APACHE,
     RSB("resnext50_32x4d.a2_in1k", "resnext50_32x4d_a2_0-efc76add.pth"),
     "efc76add", 0, 80.444, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, APACHE,
     RELEASE("resnext50_32x4d.ra_in1k", "resnext50_32x4d_ra-d733960d.pth"),
     "d733960d", 0, 79.8, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, APACHE, HUB("resnext50_32x4d.tv2_in1k"),
     "", 0, 79.384, INPUT(201, 176, BILINEAR, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, APACHE,
     GLUON("resnext50_32x4d.gluon_in1k", "gluon_resnext50_32x4d-e6a097c1.pth"),
     "e6a097c1", 0, 79.354, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, APACHE,
     RSB("resnext50_32x4d.a3_in1k", "resnext50_32x4d_a3_0-3e450271.pth"),
     "3e450271", 0, 77.732, INPUT(168, 160, BICUBIC, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, APACHE, HUB("resnext50_32x4d.tv_in1k"),
     "", 0, 77.632, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, NONCOMMERCIAL,
     FACEBOOK("resnext50_32x4d.fb_swsl_ig1b_ft_in1k",
     "semi_weakly_supervised_resnext50_32x4-72679e44.pth"),
     "72679e44", 0, 82.162, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"resnext50_32x4d", IV_TORCHVISION, NONCOMMERCIAL,
     FACEBOOK("resnext50_32x4d.fb_ssl_yfcc100m_ft_in1k",
     "semi_supervised_resnext50_32x4-ddb3e555.pth"),
     "ddb3e555", 0, 80.316, INPUT(256, 224, BILINEAR, IMAGENET)},

    {"seresnet50", IV_TIMM, APACHE,
     RELEASE("seresnet50.ra2_in1k", "seresnet50_ra_224-8efdb4bb.pth"),
     "8efdb4bb", 0, 80.26, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"seresnet50", IV_TIMM, APACHE, RSB("seresnet50.a2_in1k", "seresnet50_a2_0-850de0d9.pth"),
     "850de0d9", 0, 80.102, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"seresnet50", IV_TIMM, APACHE, RSB("seresnet50.a1_in1k", "seresnet50_a1_0-ffa00869.pth"),
     "ffa00869", 0, 80.012, INPUT(235, 224, BICUBIC, IMAGENET)},
    {"seresnet50", IV_LEGACY, BSD, CADENE("legacy_seresnet50.in1k", "se_resnet50-ce0d4300.pth"),
     "ce0d4300", 0, 77.65, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"seresnet50", IV_TIMM, APACHE, RSB("seresnet50.a3_in1k", "seresnet50_a3_0-317ecd56.pth"),
     "317ecd56", 0, 75.104, INPUT(168, 160, BICUBIC, IMAGENET)},

    {"seresnext50", IV_TIMM, APACHE,
     RELEASE("seresnext50_32x4d.racm_in1k", "seresnext50_32x4d_racm-a304a460.pth"),
     "a304a460", 0, 81.268, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"seresnext50", IV_TIMM, APACHE,
     GLUON("seresnext50_32x4d.gluon_in1k", "gluon_seresnext50_32x4d-90cf2d6e.pth"),
     "90cf2d6e", 0, 79.916, INPUT(256, 224, BICUBIC, IMAGENET)},
    {"seresnext50", IV_LEGACY, BSD,
     RELEASE("legacy_seresnext50_32x4d.in1k", "legacy_se_resnext50_32x4d-f3651bad.pth"),
     "f3651bad", 0, 79.08, INPUT(256, 224, BILINEAR, IMAGENET)},
    {"seresnext50", IV_LEGACY, BSD, LIP6("imagenet", "se_resnext50_32x4d-a260b3a4.pth"),
     "a260b3a4", 0, 79.076, INPUT(256, 224, BILINEAR, IMAGENET)},

    {"xception", IV_TIMM, BSD, CADENE("legacy_xception.tf_in1k", "xception-43020ad28.pth"),
     "43020ad28", 0, 79.058, INPUT(333, 299, BICUBIC, HALF)},
};
/* clang-format on */

size_t iv_published_count(void)
{
    return sizeof table / sizeof *table;
}

const iv_published *iv_published_at(size_t index)
{
    return &table[index];
}
