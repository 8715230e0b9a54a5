// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
// Example: a formula's values fitted by a network of its own shape: L-BFGS from many starts, the grid refined as it goes

import java.lang.foreign.Arena;
import java.util.Random;
import org.kan4j.basis.BSpline;
import org.kan4j.device.Context;
import org.kan4j.model.KanModel;
import org.kan4j.rows.Dataset;
import org.kan4j.serve.Predictor;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;
import org.kan4j.train.Fit;

/** y = exp(sin(pi a) + b^2) from 1000 rows by a KAN [2, 1, 1], which is that formula's own shape. */
public class FitFormula {

    static double truth(double a, double b) {
        return Math.exp(Math.sin(Math.PI * a) + b * b);
    }

    public static void main(String[] args) {
        Random random = new Random(1);
        double[][] x = new double[1000][];
        double[][] y = new double[1000][];
        for (int i = 0; i < x.length; i++) {
            x[i] = new double[] {random.nextDouble(-1, 1), random.nextDouble(-1, 1)};
            y[i] = new double[] {truth(x[i][0], x[i][1])};
        }
        KanModel model = KanModel.kan(DType.F64, BSpline.of(3, 3).withOutside(BSpline.Outside.LINEAR), 2, 1, 1);
        try (Arena arena = Arena.ofConfined(); Context context = Context.open();
             Fit.Result fit = Fit.defaults().withRefinements(10, 20).withSeed(1)
                 .run(context, model, Dataset.regression(HostTensor.of(arena, x), HostTensor.of(arena, y)));
             Predictor predictor = Predictor.of(fit.parameters())) {
            double squares = 0;
            for (int i = 0; i < 1000; i++) {
                double a = random.nextDouble(-1, 1);
                double b = random.nextDouble(-1, 1);
                double error = predictor.predict(a, b)[0] - truth(a, b);
                squares += error * error;
            }
            System.out.printf("RMSE on 1000 new rows: %.1e%n", Math.sqrt(squares / 1000));
        }
    }
}
