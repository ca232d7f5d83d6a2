"""The field's own words: each stands in the lecture that teaches it and in the glossary."""

import re

import pytest

from tools.project import ROOT, is_draft, lectures, words_of

LECTURES = [lecture for lecture in lectures() if not is_draft(lecture)]

TAUGHT = {
    "01": "computer vision, image processing, computer graphics, disparity, baseline, focal length, principal point, "
    "occluded, sliding window, ill-posed, inverse graphics, intersection over union",
    "02": "dataset bias, synset, long tail, resampling, class weights, focal loss, precision, recall, embedding, "
    "cosine, temperature, modality gap, temporal overlap, hard negative, datasheet, labels",
    "03": "verification, equal error rate, multi-label, average precision, non-maximum suppression, F1, PCK, "
    "basic level, intersection over union, segmentation, BLEU, diffusion model, Gram matrix, inpainting, "
    "PSNR, cycle consistency",
    "04": "viewpoint, illumination, scale, deformation, occlusion, clutter, intra-class variation, augmentation",
    "05": "initialisation, fully connected, non-maximum suppression, sliding window, hard negative, perceptron, "
    "linearly separable, eigenface, activation function, overfit, pictorial structure",
    "06": "visual word, descriptor, codebook, k-means, vector quantisation, spatial pyramid, inverted file, tf-idf, "
    "support vector machine, cross-validation",
    "07": "credit assignment, perceptron, association unit, bias, linearly separable, margin, pocket algorithm, "
    "stochastic gradient descent, backpropagation, chain rule, local derivative, automatic differentiation, "
    "topological order, activation function, hidden layer, dead unit, universal approximation, cross-entropy",
    "08": "convolution, cross-correlation, stride, padding, dilation, pooling, receptive field, equivariance, "
    "invariance, feature map, fully connected, hyperparameter, overfitting, regularisation, learning rate, "
    "stochastic gradient descent, batch normalisation",
    "09": "condition number, learning rate, stochastic gradient descent, momentum, weight decay, range test, warm-up, "
    "cosine, initialisation, vanishing and exploding gradients, edge of chaos, batch normalisation, "
    "internal covariate shift, dropout, label smoothing, augmentation, edge of stability",
    "10": "FLOP, top-5, grouped convolution, bottleneck, global average pooling, auxiliary head, degradation, "
    "skip connection, residual, shattered gradient, pre-activation, projection shortcut, dense block, growth rate",
    "11": "depthwise convolution, pointwise, depthwise-separable, grouped, arithmetic intensity, roofline, bandwidth, "
    "linear bottleneck, inverted residual block, channel shuffle, compound scaling, post-training quantisation, "
    "calibration, quantisation-aware training, pruning, distillation, temperature, soft targets, ONNX, fold",
    "12": "saliency, class activation map, Grad-CAM, guided backprop, integrated gradients, attribution, shortcut",
    "13": "intersection over union, half-open, generalised IoU, hull, sliding window, "
    "histograms of oriented gradients, non-maximum suppression, soft-NMS, anchor box, focal loss, precision, recall, "
    "average precision, envelope, mean average precision, hit, RoI pooling, RoIAlign, "
    "two-stage, one-stage, feature pyramid, tie",
    "14": "semantic segmentation, instance segmentation, panoptic segmentation, Otsu's method, k-means, superpixel, "
    "watershed, over-segmentation, graph cut, submodular, GrabCut, intersection over union, Dice coefficient, "
    "pixel accuracy, Hausdorff distance, boundary F score, fully convolutional network, upsampling, encoder, decoder, "
    "transposed convolution, Nyquist frequency, U-Net, skip connection, sub-pixel convolution, Dice loss, "
    "class weights, reliability diagram, expected calibration error, temperature, panoptic quality, distance transform",
    "15": "embedding, contrastive, triplet, hard negative, margin, InfoNCE, temperature, retrieval, verification, "
    "open-set, Siamese, mean average precision, equal error rate",
    "16": "recurrent, back-propagation through time, vanishing gradient, exploding gradient, clipping, LSTM, GRU, "
    "teacher forcing, exposure bias, beam search, attention, encoder, decoder, hidden state",
    "17": "bottleneck, regularisation, overfit, sparse, denoising, contractive, manifold, self-supervised learning, "
    "linear probe, pretraining",
    "18": "latent, evidence lower bound, reparameterisation, Kullback, posterior collapse, annealing, regularisation",
    "19": "generator, discriminator, critic, minimax, Nash equilibrium, mode collapse, Wasserstein, Lipschitz, "
    "gradient penalty, spectral normalisation, Fréchet, least squares, latent, hyperparameter, mutual information",
}
# where the glossary says it in another form
LISTED = {
    "back-propagation through time": "backpropagation through time", "clipping": "gradient clipping",
    "contrastive": "contrastive loss", "cosine": "cosine similarity", "labels": "label",
    "contractive": "contractive autoencoder", "denoising": "denoising autoencoder",
    "fully connected": "fully connected layer", "Fréchet": "Fréchet distance", "Grad-CAM": "class activation map",
    "Kullback": "Kullback-Leibler divergence", "latent": "latent variable", "least squares": "least-squares GAN",
    "Lipschitz": "Lipschitz constant", "occluded": "occlusion", "open-set": "open set", "overfit": "overfitting",
    "recurrent": "recurrent network", "Siamese": "Siamese network", "sparse": "sparse code",
    "vector quantisation": "quantisation", "Wasserstein": "Wasserstein distance", "activation function": "activation",
    "multi-label": "multi-label classification",
    "average precision": "mean average precision", "pointwise": "pointwise convolution",
    "depthwise-separable": "depthwise-separable convolution", "grouped": "grouped convolution",
    "calibration": "calibration of a quantised network", "soft targets": "soft target", "fold": "folding",
    "PSNR": "peak signal-to-noise ratio",
    "evidence lower bound": "evidence lower bound (ELBO)", "scale": None,
}  # fmt: skip


def plain(text):
    """One form for the spellings of a word: lower case, and spaces where a line may break."""
    return re.sub(r"\s+", " ", text.lower())


@pytest.mark.parametrize("lecture", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_names_what_it_teaches_as_the_field_does(lecture):
    words = plain(words_of(lecture))
    terms = TAUGHT[lecture.stem[:2]].split(", ")
    assert [term for term in terms if plain(term) not in words] == []


def test_what_is_taught_can_be_looked_up():
    glossary = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
    entries = {plain(line) for line in re.findall(r"^(?![ `#])(\S.*)$", glossary, flags=re.M)}
    terms = {term for taught in TAUGHT.values() for term in taught.split(", ")}
    assert sorted(term for term in terms if plain(LISTED.get(term, term) or "accuracy") not in entries) == []
    assert {lecture.stem[:2] for lecture in LECTURES} == set(TAUGHT), "say what the new lecture teaches"
