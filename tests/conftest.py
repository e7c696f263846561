import copy
import sys
from types import SimpleNamespace

import pytest
from resamplers import (
    N_ROWS,
    RESAMPLERS,
    by_name,
    mixed_frame,
    numpy_state,
    torch_state,
)


@pytest.fixture(scope="session", params=RESAMPLERS, ids=lambda r: type(r).__name__)
def run(request):
    """One run of each resampler on the mixed frame, not to be changed."""
    X, y = mixed_frame()
    X_before, y_before = X.copy(deep=True), y.copy(deep=True)
    resampler = by_name(request.param)
    random_state = numpy_state(), torch_state()
    X_resampled, y_resampled = resampler.fit_resample(X, y)
    return SimpleNamespace(
        prototype=request.param,
        resampler=resampler,
        X=X,
        y=y,
        X_before=X_before,
        y_before=y_before,
        X_resampled=X_resampled,
        y_resampled=y_resampled,
        synthetic=X_resampled.iloc[N_ROWS:],
        random_state=random_state,
        random_state_after=(numpy_state(), torch_state()),
    )


@pytest.fixture
def fitted(run):
    """A resampler fitted on the mixed frame, to be used at will."""
    return copy.deepcopy(run.resampler)


@pytest.fixture(autouse=True)
def no_rows_were_paid_for_before():
    """Let no test hear of private releases that another one made of the same rows."""
    yield
    releases = sys.modules.get("fairsample.flip.releases_of_rows")
    if releases is not None:
        releases._paid.clear()
