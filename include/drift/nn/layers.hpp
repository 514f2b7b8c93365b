#pragma once
// Every layer there is; nn/layer.hpp says what a layer must have.

#include <drift/nn/activation.hpp>
#include <drift/nn/chain.hpp>
#include <drift/nn/convolution.hpp>
#include <drift/nn/dense.hpp>
#include <drift/nn/dropout.hpp>
#include <drift/nn/pooling.hpp>
#include <drift/nn/residual.hpp>
#include <drift/nn/views.hpp>
