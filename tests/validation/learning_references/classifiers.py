"""Classifiers whose risks are compared: of several classes, on components, discriminants."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from statsmodels.miscmodels.ordinal_model import OrderedModel

from tests.study_of_tables import Finished


def multinomial(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    reference = LogisticRegression(C=done.study.model.c, solver="newton-cg", tol=1e-12, max_iter=10_000)
    return reference.fit(z, y).predict_proba(z)


def ordinal(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    del done
    return OrderedModel(y, z, distr="logit").fit(method="newton", tol=1e-8, maxiter=200, disp=False).predict()


def pca(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    model = done.study.model
    logistic = LogisticRegression(C=model.c, solver="newton-cholesky", tol=1e-13, max_iter=500)
    return make_pipeline(PCA(model.components, svd_solver="full"), logistic).fit(z, y).predict_proba(z)


def lda(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    shrinkage = done.study.model.shrinkage or None
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(z, y).predict_proba(z)


def qda(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return QuadraticDiscriminantAnalysis(reg_param=done.study.model.shrinkage).fit(z, y).predict_proba(z)
