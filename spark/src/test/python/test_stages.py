# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
"""The stages from PySpark; run by spark/pyspark, where a Python has it."""

import math
import os
import sys
import tempfile
import unittest

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.evaluation import RegressionEvaluator
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import SparkSession

from org.kan4j.spark import KanClassificationModel, KanClassifier, KanRegressionModel, KanRegressor, register


class StagesTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.spark = SparkSession.builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
        cls.spark.sparkContext.setLogLevel("ERROR")
        cls.table = cls.spark.range(0, 600, 1, 2).selectExpr(
            "sin(id) as a", "cos(3 * id) as b", "sin(2 * sin(id)) + cos(3 * id) as label",
            "cast(sin(id) + cos(3 * id) > 0 as double) as class").cache()
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        cls.spark.stop()

    def place(self, name):
        return os.path.join(self.folder.name, name)

    @staticmethod
    def predictions(frame):
        return [row.prediction for row in frame.orderBy("a").select("prediction").collect()]

    def test_a_pipeline_learns_a_value_and_comes_back_from_a_folder(self):
        kan = KanRegressor(hiddenLayers=[4], maxIter=30).setGrid(6).setStepSize(0.02)
        pipeline = Pipeline(stages=[VectorAssembler(inputCols=["a", "b"], outputCol="features"), kan])
        model = pipeline.fit(self.table)
        scored = model.transform(self.table)
        self.assertLess(RegressionEvaluator().evaluate(scored), 0.2)
        model.write().overwrite().save(self.place("value"))
        again = PipelineModel.load(self.place("value"))
        self.assertIsInstance(again.stages[1], KanRegressionModel)
        self.assertEqual(self.predictions(scored), self.predictions(again.transform(self.table)))
        stage = again.stages[1]
        self.assertEqual(2, stage.numFeatures)
        row = scored.first()
        self.assertAlmostEqual(row.prediction, stage.predict(row.features), delta=1e-6)
        register(self.spark, "kan_value", stage_folder(self.place("value")))
        self.assertAlmostEqual(row.prediction, self.spark.sql(
            "select kan_value(array(%r, %r))[0] as y" % (row.a, row.b)).first().y, delta=1e-6)

    def test_classes_have_probabilities(self):
        kan = KanClassifier(hiddenLayers=[], labelCol="class", mode="lbfgs", maxIter=30, inputCols=["a", "b"],
                            classWeights=[1, 2])
        model = kan.fit(self.table)
        self.assertEqual(2, model.numClasses)
        scored = model.transform(self.table)
        wrong = scored.filter("prediction != class").count()
        self.assertLess(wrong, 30)
        for row in scored.take(5):
            self.assertAlmostEqual(1, sum(row.probability.toArray()), delta=1e-12)
        model.save(self.place("class"))
        again = KanClassificationModel.load(self.place("class"))
        self.assertEqual((2, 2), (again.numClasses, again.numFeatures))
        self.assertEqual(self.predictions(scored), self.predictions(again.transform(self.table)))
        always = again.setThresholds([1.0, 0.0]).transform(self.table)
        self.assertEqual({1.0}, set(self.predictions(always)))

    def test_a_checkpoint_is_a_stage(self):
        model = KanRegressor(hiddenLayers=[], maxIter=2, inputCols=["a", "b"]).fit(self.table)
        model.save(self.place("checkpoint"))
        again = KanRegressionModel.fromCheckpoint(os.path.join(self.place("checkpoint"), "model.safetensors"))
        self.assertEqual(self.predictions(model.transform(self.table)),
                         self.predictions(again.setInputCols(["a", "b"]).transform(self.table)))

    def test_params_are_those_of_the_jvm(self):
        for kan in (KanRegressor(), KanClassifier()):
            theirs = {param.name() for param in kan._java_obj.params()}
            self.assertEqual(theirs, {param.name for param in kan.params})
            for param in kan.params:
                java = kan._java_obj.getParam(param.name)
                self.assertEqual(kan._java_obj.hasDefault(java), kan.hasDefault(param), param.name)
                self.assertTrue(hasattr(kan, "set" + param.name[0].upper() + param.name[1:]), param.name)
        kan = KanRegressor(seed=7).setProperty("base", "none").setProperty("base", "gelu").setMaxLocalBytes(2 ** 40)
        self.assertEqual(["base=gelu"], kan.getProperties())
        kan.save(self.place("estimator"))
        again = KanRegressor.load(self.place("estimator"))
        self.assertEqual((7, ["base=gelu"], 2 ** 40, [16]), (again.getSeed(), again.getProperties(), again.getMaxLocalBytes(),
                                                            again.getHiddenLayers()))

    def test_cross_validation_sets_params(self):
        kan = KanRegressor(hiddenLayers=[], maxIter=3, inputCols=["a", "b"])
        grid = ParamGridBuilder().addGrid(kan.grid, [3, 5]).build()
        model = CrossValidator(estimator=kan, estimatorParamMaps=grid, evaluator=RegressionEvaluator(), numFolds=2).fit(self.table)
        self.assertIsInstance(model.bestModel, KanRegressionModel)
        self.assertTrue(all(math.isfinite(error) for error in model.avgMetrics))

    def test_mistakes_are_named(self):
        with self.assertRaisesRegex(ValueError, "KanRegressor has no param 'hidden'; it has .*hiddenLayers"):
            KanRegressor(hidden=[3])
        with self.assertRaisesRegex(TypeError, "hiddenLayers"):
            KanRegressor(hiddenLayers="wide")
        with self.assertRaisesRegex(Exception, "mode given invalid value fast"):
            KanRegressor(mode="fast").fit(self.table)
        with self.assertRaisesRegex(Exception, "there is no column 'c'"):
            KanRegressor(inputCols=["a", "c"]).fit(self.table)


def stage_folder(pipeline):
    stages = os.path.join(pipeline, "stages")
    return os.path.join(stages, sorted(os.listdir(stages))[1])


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, warnings="ignore").result
    sys.exit(0 if result.wasSuccessful() else 1)
