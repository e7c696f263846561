"""The 25 phenotypes of intensive care, by ICD-9 diagnosis."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from fairsample.encoding.visit_cells import flatten_visits, is_visit_column

__all__ = ["PHENOTYPES", "phenotypes"]

# Prefixes of ICD-9-CM codes without dots. One that ends with a dot is a whole code.
_PREFIXES = {
    "Septicemia (except in labor)": (
        "0031 0202 0223 0362 038 0545 449 77181 7907 99591 99592"
    ),
    "Diabetes mellitus without complication": (
        "24900 25000 25001 7902 7915 7916 V4585 V5391 V6546"
    ),
    "Diabetes mellitus with complications": (
        "24901 2491 2492 2493 2494 2495 2496 2497 2498 2499 25002 25003 2501 2502 "
        "2503 2504 2505 2506 2507 2508 2509"
    ),
    "Disorders of lipid metabolism": "2720 2721 2722 2723 2724",
    "Fluid and electrolyte disorders": (
        "2760 2761 2762 2763 2764 2765 2766. 27669 2767 2768 2769 9951"
    ),
    "Essential hypertension": "4011 4019",
    "Hypertension with complications and secondary hypertension": (
        "4010 402 403 404 405 4372"
    ),
    "Acute myocardial infarction": "410",
    "Coronary atherosclerosis and other heart disease": (
        "411 412 413 4140. 41400 41401 41406 4142 4143 4144 4148 4149 V4581 V4582"
    ),
    "Conduction disorders": "426 V450 V533",
    "Cardiac dysrhythmias": "4270 4271 4272 4273 4276 4278 4279 7850 7851",
    "Congestive heart failure; nonhypertensive": "39891 428",
    "Acute cerebrovascular disease": (
        "3466 430 431 432 43301 43311 43321 43331 43381 43391 434 436"
    ),
    "Pneumonia (except that caused by tuberculosis or sexually transmitted disease)": (
        "00322 0203 0204 0205 0212 0221 0310 0391 0521 0551 0730 0830 1124 1140 1144 "
        "1145 11505 11515 11595 1304 1363 480 481 482 483 484 485 486 5130 5171"
    ),
    "Chronic obstructive pulmonary disease and bronchiectasis": "490 491 492 494 496",
    "Pleurisy; pneumothorax; pulmonary collapse": (
        "510 5110 5111 5118. 51189 5119 5120 5128 5180 5181 5182"
    ),
    "Respiratory failure; insufficiency; arrest (adult)": (
        "5173 5185 51881 51882 51883 51884 7991 V461 V462"
    ),
    "Other lower respiratory disease": (
        "5131 514 515 516 5172 5178 5183 5184 51889 5194 5198 5199 7825 7860 7862 "
        "7863 7864 78652 7866 7867 7868 7869 7931 7942 V126 V426"
    ),
    "Other upper respiratory disease": (
        "470 471 472 476 4770 4772 4778 4779 478 5191 5192 5193 7841 7844 7847 7848 "
        "7849. 78499 7861 V414 V440 V550"
    ),
    "Other liver diseases": (
        "570 5715 5716 5718 5719 572 5730 5734 5735 5738 5739 7824 7891 7895. 78959 "
        "7904 7905 7948 V427"
    ),
    "Gastrointestinal hemorrhage": (
        "4560 45620 5307 53082 5310 5312 5314 5316 5320 5322 5324 5326 5330 5332 "
        "5334 5336 5340 5342 5344 5346 5693 578"
    ),
    "Acute and unspecified renal failure": "584 586",
    "Chronic kidney disease": "585 7925 V420 V451 V56",
    "Complications of surgical procedures or medical care": (
        "27661 27783 27788 2853 28741 3490 3491 34931 41511 4294 4582 5121 5122 5187 "
        "5190 53086 53087 5364 539 5642 5643 5644 5696. 56962 5697 5793 59681 78062 "
        "78063 78066 9093 99524 9954 99586 997 998 9990 9991 9992 9993. 99934 99939 "
        "9994 9995 9996 9997 9998 9999 V1553 V1580 V1583 V900"
    ),
    "Shock": "7855",
}
PHENOTYPES = tuple(_PREFIXES)
_OF_PREFIX = {
    prefix: position
    for position, prefixes in enumerate(_PREFIXES.values())
    for prefix in prefixes.split()
}
_LENGTHS = range(3, max(map(len, _OF_PREFIX)) + 1)


def phenotypes(codes, *, prefix="DX:"):
    """Tell which of the 25 benchmark phenotypes ICD-9 diagnoses belong to.

    The phenotypes are the groups of the HCUP Clinical Classifications Software (2015)
    that the MIMIC-III benchmark [1]_ predicts, such as "Shock" or "Chronic kidney
    disease". Every diagnosis belongs to one of them at most; a patient may have many.

    Only ICD-9-CM has these groups: ICD-10 codes are found in none, or in a wrong one
    (V and E codes exist in both). Leading zeros count: ``"0389"`` is a septicemia,
    ``"389"`` a hearing loss.

    Parameters
    ----------
    codes : Series of visits, or array-like of str of shape (n_codes,)
        A visit column, one patient a cell, or diagnosis codes. Dots in the codes are
        ignored. Missing codes belong to no phenotype.
    prefix : str, default="DX:"
        What a diagnosis begins with; other codes are ignored. ``""`` for bare codes.

    Returns
    -------
    DataFrame of bool of shape (n_patients or n_codes, 25)
        Whether each patient has a diagnosis of each phenotype at any visit; or whether
        each code belongs to it. A Series' index is kept.

    Raises
    ------
    ValueError
        If `codes` is no visit column and none of the codes begins with `prefix`; or
        as :func:`~fairsample.encoding.flatten_visits` does for a faulty visit column.

    References
    ----------
    .. [1] H. Harutyunyan et al., "Multitask learning and benchmarking with clinical
       time series data", Scientific Data, 2019, :doi:`10.1038/s41597-019-0103-9`.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.datasets import phenotypes
    >>> visits = pd.Series([[["DX:428.0", "RX:aspirin"], ["DX:78552"]], [["DX:4019"]]])
    >>> found = phenotypes(visits)
    >>> found.columns[found.loc[0]].tolist()
    ['Congestive heart failure; nonhypertensive', 'Shock']
    >>> phenotypes(["4019", "V270"], prefix="")["Essential hypertension"].tolist()
    [True, False]
    """
    column = codes if isinstance(codes, pd.Series) else pd.Series(_listed(codes))
    if is_visit_column(column):
        flat = flatten_visits(column)
        first_codes = flat.visit_ptr[flat.patient_ptr]
        rows = np.repeat(np.arange(len(column)), np.diff(first_codes))
        of_code, _ = _phenotype_of(flat.codes, prefix)
    else:
        rows = np.arange(len(column))
        of_code, is_diagnosis = _phenotype_of(column.to_numpy(object), prefix)
        if len(column) and not is_diagnosis.any():
            raise ValueError(
                f"None of the codes begins with {prefix!r}. Give the prefix of "
                "diagnoses, or prefix='' for bare ICD-9 codes."
            )
    found = np.zeros((len(column), len(PHENOTYPES)), dtype=bool)
    has_one = of_code >= 0
    found[rows[has_one], of_code[has_one]] = True
    return pd.DataFrame(found, index=column.index, columns=list(PHENOTYPES))


def _listed(codes):
    if isinstance(codes, str) or not isinstance(codes, Iterable):
        raise ValueError(
            f"codes is {codes!r}, no column of visits and no list of codes."
        )
    column = np.empty(len(codes), dtype=object)
    column[:] = list(codes)
    return column


def _phenotype_of(codes, prefix):
    """Return the position of each code's phenotype or -1, and which are diagnoses."""
    numbers, distinct = pd.factorize(codes)
    is_diagnosis = np.array(
        [isinstance(code, str) and code.startswith(prefix) for code in distinct]
        + [False]
    )
    of_distinct = np.full(len(distinct) + 1, -1)
    for position in np.flatnonzero(is_diagnosis):
        whole = str(distinct[position]).removeprefix(prefix).replace(".", "") + "."
        of_distinct[position] = next(
            (_OF_PREFIX[whole[:n]] for n in _LENGTHS if whole[:n] in _OF_PREFIX), -1
        )
    return of_distinct[numbers], is_diagnosis[numbers]
