// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Chebyshev;
import org.kan4j.basis.GaussianRbf;
import org.kan4j.basis.Rswaf;
import org.kan4j.encoding.Encoding;
import org.kan4j.error.KanException;
import org.kan4j.formula.Expression;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.Multiply;
import org.kan4j.model.KanModel;
import org.kan4j.rows.Dataset;
import org.kan4j.tensor.DType;
import org.kan4j.tensor.HostTensor;

/** What explanations are computed from, against numbers worked out by hand. */
class NumbersTest {

    @Test
    void momentsAreThoseOfThePopulationUnlessTheySayOtherwise() {
        double[] a = {1, 2, 3, 6};
        double[] b = {2, 0, 4, 2};
        assertEquals(3, Moments.mean(a));
        assertEquals(14 / 4.0, Moments.variance(a), 1e-15);
        assertEquals(Math.sqrt(14 / 3.0), Moments.sampleDeviation(a), 1e-15);
        assertEquals(Double.NaN, Moments.sampleDeviation(new double[] {1}));
        assertEquals(2 / 4.0, Moments.covariance(a, b), 1e-15);
        assertEquals(0.5 / Math.sqrt(3.5 * 2), Moments.correlation(a, b), 1e-15);
        assertEquals(0, Moments.correlation(a, new double[] {5, 5, 5, 5}));
        assertEquals(Math.sqrt((1 + 4 + 1 + 16) / 4.0), Moments.rms(a, b), 1e-15);
    }

    /** With columns of length 5 and sqrt(2) whose angle has the cosine 7/(5 sqrt 2): the ridge is of unit columns. */
    @Test
    void leastSquaresWithARidgeOfUnitColumns() {
        double[][] columns = {{3, 4, 0}, {1, 1, 0}, {0, 0, 0}};
        double[] target = {1, 2, 5};
        double ridge = 0.5;
        double cosine = 7 / (5 * Math.sqrt(2));
        double p = 11 / 5.0;
        double q = 3 / Math.sqrt(2);
        double diagonal = 1 + ridge * ridge;
        double determinant = diagonal * diagonal - cosine * cosine;
        double[] c = LeastSquares.solve(columns, target, ridge);
        assertEquals((diagonal * p - cosine * q) / determinant / 5, c[0], 1e-12);
        assertEquals((diagonal * q - cosine * p) / determinant / Math.sqrt(2), c[1], 1e-12);
        assertEquals(0, c[2]);
        assertArrayEquals(new double[] {1, -2, 0}, LeastSquares.solve(columns, new double[] {1, 2, 7}, 0), 1e-12);
        assertArrayEquals(new double[] {3, -2, 0}, LeastSquares.solve(new double[][] {{3, 4, 0}, {4, 6, 0}, {0, 0, 0}},
                new double[] {1, 0, 0}, 1e-13), 1e-9);
    }

    @Test
    void theLossOfARowIsItsSquareOrItsLogarithm() {
        Rows numbers = new Rows(new double[] {0, 0}, new double[] {1, 2, 3, 4}, 1, 0);
        Quality squares = Quality.of(new double[] {1, 4, 6, 4}, numbers, 2);
        assertArrayEquals(new double[] {2, 4.5}, squares.rows(), 1e-15);
        assertEquals(Math.sqrt(3.25), squares.value(), 1e-15);
        Rows labels = new Rows(new double[] {0, 0}, new double[] {1, 0}, 1, 2);
        Quality logs = Quality.of(new double[] {0, Math.log(3), 1000, 1000}, labels, 2);
        assertArrayEquals(new double[] {Math.log(4 / 3.0), Math.log(2)}, logs.rows(), 1e-12);
        assertEquals((Math.log(4 / 3.0) + Math.log(2)) / 2, logs.value(), 1e-12);
        assertEquals(Double.POSITIVE_INFINITY, new Quality(new double[] {Double.NaN, 1}, true).value());
        // Differences 1, 2, 3, 2 have the mean 2 and a standard error of sqrt(2/3)/2.
        Quality better = new Quality(new double[] {1, 1, 1, 1}, true);
        Quality worse = new Quality(new double[] {2, 3, 4, 3}, true);
        double errors = 2 / (Math.sqrt(2 / 3.0) / 2);
        assertTrue(worse.within(better, errors * 1.001));
        assertFalse(worse.within(better, errors * 0.999));
        assertTrue(better.within(worse, 0));
    }

    @Test
    void rowsAreThoseOfTheDataSet() {
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.of(arena, 1.0, 2, 3, 4, 5, 6).reshape(3, 2);
            Rows numbers = Rows.of(Dataset.regression(x, HostTensor.of(arena, 7.0, 8, 9, 10, 11, 12).reshape(3, 2)));
            assertEquals(List.of(3, 2, 2, 0), List.of(numbers.size(), numbers.in(), numbers.out(), numbers.classes()));
            assertArrayEquals(new double[] {7, 8, 9, 10, 11, 12}, numbers.y());
            Rows other = numbers.features(new int[] {1, 0, 1});
            assertArrayEquals(new double[] {2, 1, 2, 4, 3, 4, 6, 5, 6}, other.x());
            assertEquals(3, other.in());
            Rows labels = Rows.of(Dataset.classification(x.to(arena, DType.F32), HostTensor.of(arena, 2, 0, 1), 3));
            assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, labels.x());
            assertArrayEquals(new double[] {2, 0, 1}, labels.y());
            assertEquals(List.of(3, 2, 1, 3), List.of(labels.size(), labels.in(), labels.out(), labels.classes()));
            Rows again = Rows.of(labels.dataset(arena));
            assertArrayEquals(labels.y(), again.y());
            assertEquals(3, again.classes());
            assertArrayEquals(numbers.y(), Rows.of(numbers.dataset(arena)).y());
        }
        double[] ten = new double[20];
        Arrays.setAll(ten, k -> k);
        assertArrayEquals(new double[] {0, 1, 4, 5, 10, 11, 14, 15}, Rows.spread(ten, 2, 4), "rows 0, 2, 5 and 7");
        assertEquals(ten, Rows.spread(ten, 2, 10));
    }

    /** f = a b at four corners is a product and no sum, a + b the other way round. */
    @Test
    void secondDifferencesTellSumsFromProducts() {
        double[] a = {1, 2};
        double[] b = {3, 5};
        double[] a2 = {2, 4};
        double[] b2 = {4, -1};
        Quadruples product = of(a, b, a2, b2, (x, y) -> x * y);
        Quadruples sum = of(a, b, a2, b2, Double::sum);
        assertEquals(0, product.multiplicative(), 1e-15);
        assertEquals(0, sum.additive(7), 1e-15);
        // (a - a')(b - b') is 1 and -12.
        assertEquals((1 + 144) / 2.0 / (4 * 7), product.additive(7), 1e-12);
        // Of sums: (4)(6) - (5)(5) = -1; (7)(3) - (9)(1) = 12.
        assertEquals((1 + 144) / (24.0 * 24 + 25 * 25 + 21 * 21 + 9 * 9), sum.multiplicative(), 1e-12);
        assertEquals(0, new Quadruples(new double[2], new double[2], new double[2], new double[2]).multiplicative());
        double[] small = new double[20];
        Arrays.setAll(small, k -> (k % 2 == 0 ? 1 : -1) * 1e-3);
        assertEquals(0.001, product.additiveChance(small, 1));
        assertEquals(0.001, sum.multiplicativeChance(small, 1));
        assertEquals(1, product.additiveChance(Arrays.stream(small).map(e -> 1e6 * e).toArray(), 1), 0.3);
        assertTrue(assertThrows(KanException.class, () -> sum.additiveChance(new double[19], 1)).getMessage().contains("19"));
    }

    private static Quadruples of(double[] a, double[] b, double[] a2, double[] b2, java.util.function.DoubleBinaryOperator f) {
        double[][] values = new double[4][2];
        for (int k = 0; k < 2; k++) {
            values[0][k] = f.applyAsDouble(a[k], b[k]);
            values[1][k] = f.applyAsDouble(a2[k], b[k]);
            values[2][k] = f.applyAsDouble(a[k], b2[k]);
            values[3][k] = f.applyAsDouble(a2[k], b2[k]);
        }
        return new Quadruples(values[0], values[1], values[2], values[3]);
    }

    @Test
    void shapesHaveSumsAndProducts() {
        Shape shape = Shape.parse("[2, 1+2x3, 3, 1]");
        assertEquals("[2,1+2x3,3,1]", shape.toString());
        assertEquals(2 * (1 + 2 * 3) + 3 * 3 + 3, shape.edges());
        KanModel model = shape.model(BSpline.of(3, 3));
        assertEquals(4, model.layers().size());
        assertEquals(7, model.layers().getFirst().out());
        assertEquals(new Multiply(1, 2, 3), model.layers().get(1));
        assertEquals(BSpline.Outside.LINEAR, ((BSpline) ((KanLayer) model.layers().getFirst()).basis()).outside());
        assertEquals(new Shape.Width(0, 1, 2), Shape.parse("2,0+1,1").widths().get(1));
        List<String> ladder = Shape.ladder(3, 1).stream().map(Shape::toString).toList();
        assertEquals(List.of("[3,1]", "[3,1,1]", "[3,0+1,1]", "[3,2,1]", "[3,2,1,1]", "[3,0+1,1,1,1]"), ladder.subList(0, 6));
        assertEquals(14, ladder.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "2", "2,0,1", "1+1,1", "2,1+1", "2,,1", "2,1+1x1,1", "2,-1,1", "2,a,1"})
    void whatIsNoShapeIsRefused(String text) {
        assertThrows(KanException.class, () -> Shape.parse(text));
    }

    @Test
    void columnsGoThereAndBack() {
        Column column = Column.of("x", 10, 30);
        assertEquals(-1, column.toNetwork(10), 1e-15);
        assertEquals(1, column.toNetwork(30), 1e-15);
        Column standard = Column.standard("y", 5, 2);
        assertEquals(1.5, standard.toNetwork(8), 1e-15);
        for (Column each : List.of(column, standard, Column.plain("z"))) {
            assertEquals(17, each.fromNetwork(each.toNetwork(17)), 1e-12);
            double encoded = each.encoded().evaluate(Map.of(each.name(), 17.0));
            assertEquals(each.toNetwork(17), encoded, 1e-12);
            assertEquals(17, each.decoded(Expression.variable("n")).evaluate(Map.of("n", encoded)), 1e-12);
        }
        assertThrows(KanException.class, () -> new Column("x", 0, 1));
        assertThrows(KanException.class, () -> new Column("x", 1, Double.NaN));
    }

    @Test
    void aBasisIsLaidOverWhatItSees() {
        double[][] seen = {{-2, 3}, {0, 6}};
        assertEquals(GaussianRbf.of(5, -2, 6), Widening.over(GaussianRbf.of(5, -1, 1), seen));
        assertEquals(new Rswaf(5, -2, 6, 0.5), Widening.over(new Rswaf(5, -1, 1, 2), seen));
        assertEquals(new Chebyshev(4), Widening.over(new Chebyshev(4), seen));
        assertEquals(GaussianRbf.of(3, 7, 7.001), Widening.over(GaussianRbf.of(3, -1, 1), new double[][] {{7, 7}}));
        KanLayer spec = KanLayer.of(2, 1, BSpline.of(4, 2)).withBias(true);
        double[] knots = Widening.empty(spec, seen).tensor("knots");
        assertEquals(2 * 9, knots.length);
        assertEquals(-2 - 2 * 1.25, knots[0], 1e-12);
        assertEquals(-2, knots[2], 1e-12);
        assertEquals(3, knots[6], 1e-12);
        assertEquals(0, knots[9 + 2], 1e-12);
        assertEquals(6 + 2 * 1.5, knots[17], 1e-12);
    }

    // ------------------------------------------------------------------------------------------------------ additive models

    private static final Encoding ENCODING = new Encoding("d.csv", List.of(new Encoding.Numeric("a,b", 0, 10, 5),
            new Encoding.Categorical("c", List.of("x", "a rather \"long\" one"))),
            new Encoding.Classes("k", List.of("no", "yes")),
            Encoding.Missing.REFUSE);

    /** The log odds are 2 + 3 a + 4 [x] - [long one], a between -1 and 1. */
    private static double[] outputs(double[] rows) {
        double[] outputs = new double[rows.length / 3 * 2];
        for (int b = 0; b < rows.length / 3; b++) {
            outputs[2 * b] = -1 - rows[3 * b];
            outputs[2 * b + 1] = 1 + 2 * rows[3 * b] + 4 * rows[3 * b + 1] - rows[3 * b + 2];
        }
        return outputs;
    }

    private static AdditiveShapes shapes() {
        KanModel model = KanModel.of(DType.F64, KanLayer.of(3, 2, BSpline.of(3, 3)).withInputNorm(false));
        double[] rows = {-0.5, 1, 0, 0.5, 1, 0, 0.9, 1, 0, 0.3, 0, 1};
        return AdditiveShapes.of(model, ENCODING, NumbersTest::outputs, rows);
    }

    @Test
    void shapesOfAClassifierAreOfItsLogOdds() {
        AdditiveShapes shapes = shapes();
        assertEquals(List.of("log odds of yes"), shapes.outputs());
        assertEquals(2 + 3 * 0.3 + (3 * 4 - 1) / 4.0, shapes.means().getFirst(), 1e-12);
        AdditiveShapes.Shape number = shapes.shapes().getFirst();
        assertTrue(number.numeric());
        assertEquals(0, number.points().getFirst().x(), 1e-12);
        assertEquals(3 * (-1 - 0.3), number.points().getFirst().y(), 1e-12);
        assertEquals(3 * (0.5 - 0.3), number.points().get(75).y(), 1e-12);
        assertEquals("7.5", number.points().get(75).label());
        AdditiveShapes.Shape category = shapes.shapes().get(1);
        assertFalse(category.numeric());
        assertEquals(4 - 11 / 4.0, category.points().getFirst().y(), 1e-12);
        assertEquals(-1 - 11 / 4.0, category.points().get(1).y(), 1e-12);
        List<String> lines = shapes.csv().lines().toList();
        assertEquals("column,x,f", lines.getFirst());
        assertTrue(lines.get(1).startsWith("\"a,b\",0,-3.9"), lines.get(1));
        assertTrue(lines.get(103).startsWith("c,\"a rather \"\"long\"\" one\",-3.7"), lines.get(103));
        assertEquals(104, lines.size());
    }

    /** Two panels on the scale of the lowest and the highest point: 2.1 above and -3.9 below. */
    @Test
    void shapesAreDrawnOnOneScale() {
        String svg = shapes().svg();
        double zero = 28 + 132 * 2.1 / 6;
        List<String> bars = new ArrayList<>();
        svg.lines().filter(line -> line.startsWith("<rect class=\"rug\"")).forEach(bars::add);
        assertEquals(List.of(bar(260 + 52 + 0.15 * 98, zero - 132 * 1.25 / 6, 0.7 * 98, 132 * 1.25 / 6),
                bar(260 + 52 + 1.15 * 98, zero, 0.7 * 98, 132 * 3.75 / 6)), bars);
        assertTrue(svg.contains("M52 160L248 28\""), "a straight line from the lowest to the highest");
        assertTrue(svg.contains("M52 28v132M52 " + Svg.px(zero) + "h196"), "the axes");
        assertTrue(svg.contains(">2.1<") && svg.contains(">-3.9<") && svg.contains(">10<") && svg.contains(">a rathe…<"), svg);
        assertTrue(svg.contains("viewBox=\"0 0 520 190\""));
    }

    private static String bar(double x, double y, double width, double height) {
        return "<rect class=\"rug\" x=\"" + Svg.px(x) + "\" y=\"" + Svg.px(y) + "\" width=\"" + Svg.px(width) + "\" height=\""
                + Svg.px(height) + "\"/>";
    }

    /** Points on a line go, the pen is lifted where there is no value, and half a pixel off the line stays. */
    @Test
    void pathsLeaveOutWhatIsOnALine() {
        double[] x = {0, 1, 2, 3, 4, 5, 6, 7};
        assertEquals("M0 0L7 7", Svg.path(x, x));
        assertEquals("M0 0L2 2M4 4L7 7", Svg.path(x, new double[] {0, 1, 2, Double.NaN, 4, 5, 6, 7}));
        assertEquals("M0 0L3 0.5L7 0", Svg.path(x, new double[] {0, 0.1667, 0.3333, 0.5, 0.375, 0.25, 0.125, 0}));
        assertEquals("M0 0L7 0", Svg.path(x, new double[] {0, 0.1, -0.1, 0.15, 0, 0.1, 0, 0}));
        assertEquals("1e+06", Svg.number(1e6, 3));
        assertEquals("999999", Svg.number(999999, 6));
        assertEquals("NaN", Svg.number(Double.NaN, 3));
        assertEquals("&lt;a &amp; &quot;b&quot;&gt;", Svg.escape("<a & \"b\">"));
    }
}
