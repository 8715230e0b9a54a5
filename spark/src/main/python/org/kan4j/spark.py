# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
"""KANs in PySpark: thin wrappers of the stages of the same names in kan4j-spark (docs/spark.md), whose jar has this module too.

    spark-submit --jars kan4j-spark.jar --py-files kan4j-spark.jar ...

    from org.kan4j.spark import KanClassifier
    model = KanClassifier(hiddenLayers=[64], maxIter=20).fit(train)

The module is named as the package of the JVM's classes, which is where PySpark looks for the class of a stage that it loads.
Params, their defaults and what they mean are the JVM's; with kan4j-spark-scoring there are only the models.
"""

from py4j.java_gateway import JavaObject
from pyspark import SparkContext
from pyspark.ml.classification import _JavaProbabilisticClassificationModel, _JavaProbabilisticClassifier
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import (
    HasCheckpointInterval, HasInputCols, HasMaxIter, HasSeed, HasStepSize, HasTol, HasValidationIndicatorCol, HasWeightCol)
from pyspark.ml.regression import _JavaRegressionModel, _JavaRegressor
from pyspark.ml.util import JavaMLReadable, JavaMLWritable

__all__ = ["KanRegressor", "KanRegressionModel", "KanClassifier", "KanClassificationModel", "register"]

_PACKAGE = __name__


def _param(name, doc, converter):
    return Param(Params._dummy(), name, doc, converter)


def _accessors(cls):
    """Gives a class a setter and a getter of each param that has none."""
    for name in [name for name in dir(cls) if isinstance(getattr(cls, name, None), Param)]:
        suffix = name[0].upper() + name[1:]
        if not hasattr(cls, "set" + suffix):
            setattr(cls, "set" + suffix, lambda self, value, name=name: self._set(**{name: value}))
        if not hasattr(cls, "get" + suffix):
            setattr(cls, "get" + suffix, lambda self, name=name: self.getOrDefault(name))
    return cls


class _KanParams(HasInputCols, HasWeightCol, HasValidationIndicatorCol, HasMaxIter, HasTol, HasSeed, HasStepSize,
                 HasCheckpointInterval):
    """The params of both estimators."""

    hiddenLayers = _param("hiddenLayers", "widths of the hidden layers, none for a single layer", TypeConverters.toListInt)
    basis = _param("basis", "functions on the edges, as bspline or fastkan", TypeConverters.toString)
    grid = _param("grid", "intervals, centres, degree or frequencies of the basis", TypeConverters.toInt)
    order = _param("order", "order of splines", TypeConverters.toInt)
    outside = _param("outside", "what a B-spline does outside its grid: zero, clamp or linear", TypeConverters.toString)
    dtype = _param("dtype", "what the model computes in: float32 or float64", TypeConverters.toString)
    mode = _param("mode", "where to train: auto, local, lbfgs or average", TypeConverters.toString)
    optimizer = _param("optimizer", "of mode local: adamw or lbfgs", TypeConverters.toString)
    weightDecay = _param("weightDecay", "decoupled weight decay of AdamW", TypeConverters.toFloat)
    batchSize = _param("batchSize", "rows of a step of AdamW", TypeConverters.toInt)
    earlyStopping = _param("earlyStopping", "epochs without a lower loss on the validation rows; 0 for all", TypeConverters.toInt)
    l1 = _param("l1", "factor of the penalty on the edges' sizes", TypeConverters.toFloat)
    entropy = _param("entropy", "factor of the penalty on the entropy of the edges' shares", TypeConverters.toFloat)
    gridUpdates = _param("gridUpdates", "epochs between two moves of the grids to the data; 0 for none", TypeConverters.toInt)
    deterministic = _param("deterministic", "whether sums over partitions are added in their order", TypeConverters.toBoolean)
    threadsPerTask = _param("threadsPerTask", "threads of a training task; 0 for spark.task.cpus", TypeConverters.toInt)
    missing = _param("missing", "NaN among the features: refuse, or fill with the column's mean", TypeConverters.toString)
    standardise = _param("standardise", "whether features and values are scaled by what the rows hold", TypeConverters.toBoolean)
    maxLocalBytes = _param("maxLocalBytes", "bytes of packed features up to which mode auto is local", TypeConverters.toInt)
    checkpointDir = _param("checkpointDir", "folder, of any Hadoop file system, for checkpoints", TypeConverters.toString)
    properties = _param("properties", "settings without a param, each name=value", TypeConverters.toListString)

    def _transfer_params_from_java(self):
        super()._transfer_params_from_java()
        for param, value in self._defaultParamMap.items():
            if isinstance(value, JavaObject):  # an array: PySpark converts those that are set, not defaults
                self._defaultParamMap[param] = list(value)

    def setProperty(self, name, value):
        """Sets what has no param of its own, as the JVM's setProperty."""
        kept = [each for each in self.getProperties() if not each.startswith(name + "=")]
        return self.setProperties(kept + ["%s=%s" % (name, value)])


class _KanEstimator(_KanParams, JavaMLWritable, JavaMLReadable):

    def __init__(self, **params):
        super().__init__()
        try:
            self._java_obj = self._new_java_obj(_PACKAGE + "." + type(self).__name__, self.uid)
        except TypeError as none:  # what PySpark takes for a package
            raise RuntimeError("%s needs the jar of kan4j-spark in this session: spark-submit --jars, or spark.jars" %
                               type(self).__name__) from none
        self._transfer_params_from_java()  # the defaults
        self.setParams(**params)

    def setParams(self, **params):
        """Sets params by their names."""
        for name in params:
            if not self.hasParam(name):
                raise ValueError("%s has no param '%s'; it has %s" % (
                    type(self).__name__, name, ", ".join(param.name for param in self.params)))
        return self._set(**params)

    def _create_model(self, java_model):
        return self._model(java_model)


class _KanModel(HasInputCols, JavaMLWritable, JavaMLReadable):

    @classmethod
    def fromCheckpoint(cls, path):
        """A checkpoint, such as `kan4j train` writes to a local file of the driver, as a stage."""
        return cls._from_java(getattr(_package(), cls.__name__).fromCheckpoint(path))


@_accessors
class KanRegressionModel(_JavaRegressionModel, _KanModel):
    """Tells a number by a trained network."""


@_accessors
class KanRegressor(_KanEstimator, _JavaRegressor):
    """Learns to tell a number from a vector of features, or from the columns of `inputCols`."""

    _model = KanRegressionModel


@_accessors
class KanClassificationModel(_JavaProbabilisticClassificationModel, _KanModel):
    """Tells one of several classes by a trained network."""


@_accessors
class KanClassifier(_KanEstimator, _JavaProbabilisticClassifier):
    """Learns to tell one of several classes, labelled 0 to k - 1."""

    classWeights = _param("classWeights", "how much the training rows of each class count", TypeConverters.toListFloat)
    _model = KanClassificationModel


def register(spark, name, path):
    """Makes a model directory, or a checkpoint, an SQL function of an array of numbers."""
    _package().KanFunctions.register(spark._jsparkSession, name, path)


def _package():
    package = SparkContext._active_spark_context._jvm
    for part in _PACKAGE.split("."):
        package = getattr(package, part)
    return package
