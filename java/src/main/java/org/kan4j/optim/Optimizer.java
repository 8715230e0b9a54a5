// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.optim;

import org.kan4j.error.KanException;
import org.kan4j.internal.Checks;

/** How gradients move parameters; the configuration only, the moments are in {@link OptimizerState}. */
public sealed interface Optimizer permits Optimizer.AdamW, Optimizer.Sgd, Lbfgs {

    /** The learning rate before any schedule. */
    double learningRate();

    /**
     * AdamW: Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), bias-corrected.
     *
     * @param learningRate at least 0
     * @param beta1 decay of the first moment, 0 to below 1
     * @param beta2 decay of the second moment, 0 to below 1
     * @param eps above 0
     * @param weightDecay at least 0
     */
    record AdamW(double learningRate, double beta1, double beta2, double eps, double weightDecay)
            implements Optimizer {

        /** Checks the values. */
        public AdamW {
            Checks.nonNegative("the learning rate", learningRate);
            Checks.fraction("AdamW's beta1", beta1);
            Checks.fraction("AdamW's beta2", beta2);
            Checks.positive("AdamW's eps", eps);
            Checks.nonNegative("the weight decay", weightDecay);
        }

        /** Betas 0.9 and 0.999, eps 1e-8. */
        public static AdamW of(double learningRate, double weightDecay) {
            return new AdamW(learningRate, 0.9, 0.999, 1e-8, weightDecay);
        }
    }

    /**
     * Stochastic gradient descent with momentum, v = momentum v + g + weight_decay p, p -= rate v.
     *
     * @param learningRate at least 0
     * @param momentum 0 to below 1
     * @param weightDecay at least 0
     * @param nesterov whether to look ahead; needs momentum
     */
    record Sgd(double learningRate, double momentum, double weightDecay, boolean nesterov) implements Optimizer {

        /** Checks the values. */
        public Sgd {
            Checks.nonNegative("the learning rate", learningRate);
            Checks.fraction("the momentum", momentum);
            Checks.nonNegative("the weight decay", weightDecay);
            if (nesterov && momentum == 0) {
                throw KanException.invalid("Nesterov's variant needs a momentum above 0");
            }
        }

        /** Without weight decay, not Nesterov's. */
        public static Sgd of(double learningRate, double momentum) {
            return new Sgd(learningRate, momentum, 0, false);
        }
    }

    /** AdamW with the usual constants: betas 0.9 and 0.999, eps 1e-8. */
    static AdamW adamW(double learningRate, double weightDecay) {
        return AdamW.of(learningRate, weightDecay);
    }

    /** SGD with momentum. */
    static Sgd sgd(double learningRate, double momentum) {
        return Sgd.of(learningRate, momentum);
    }

    /** L-BFGS with so many iterations a step. */
    static Lbfgs lbfgs(int iterations) {
        return Lbfgs.of(iterations);
    }
}
