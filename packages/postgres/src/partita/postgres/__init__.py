"""PostgreSQL's own types, searches, aggregates and locks for partita-orm.

Importing it offers the look-ups ``search``, ``trigram_similar``, ``trigram_word_similar``, ``trigram_strict_word_similar`` and
``unaccent`` for fields that hold text, and ``contained_by`` for numbers and dates.
"""

from partita.orm import BitAnd, BitOr, BitXor, StringAgg
from partita.postgres import ranges, search, similarity
from partita.postgres.aggregates import (
    ArrayAgg,
    BoolAnd,
    BoolOr,
    Corr,
    CovarPop,
    JSONBAgg,
    RegrAvgX,
    RegrAvgY,
    RegrCount,
    RegrIntercept,
    RegrR2,
    RegrSlope,
    RegrSXX,
    RegrSXY,
    RegrSYY,
)
from partita.postgres.arrays import ArrayField, ArraySubquery
from partita.postgres.constraints import ExclusionConstraint
from partita.postgres.functions import RandomUUID, TransactionNow
from partita.postgres.hstore import HStoreField
from partita.postgres.indexes import (
    BloomIndex,
    BrinIndex,
    BTreeIndex,
    GinIndex,
    GistIndex,
    HashIndex,
    OpClass,
    PostgresIndex,
    SpGistIndex,
)
from partita.postgres.listening import Listener, Notification, alisten, anotify, listen, notify
from partita.postgres.locks import aadvisory_lock, advisory_lock
from partita.postgres.neighbours import (
    BinaryQuantize,
    CosineDistance,
    HammingDistance,
    HnswIndex,
    IvfflatIndex,
    JaccardDistance,
    L1Distance,
    L2Distance,
    L2Normalize,
    MaxInnerProduct,
    Subvector,
    VectorNorm,
)
from partita.postgres.partitions import DefaultPartition, HashPartition, ListPartition, PartitionBy, RangePartition
from partita.postgres.policies import CurrentSetting, RowPolicy, asetting, setting
from partita.postgres.ranges import (
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    IntegerRangeField,
    Range,
    RangeBoundary,
    RangeField,
    RangeOperators,
)
from partita.postgres.search import Lexeme, SearchHeadline, SearchQuery, SearchRank, SearchVector, SearchVectorField
from partita.postgres.similarity import (
    TrigramDistance,
    TrigramSimilarity,
    TrigramStrictWordDistance,
    TrigramStrictWordSimilarity,
    TrigramWordDistance,
    TrigramWordSimilarity,
    Unaccent,
)
from partita.postgres.vectors import BitField, HalfVectorField, SparseVector, SparseVectorField, VectorField

__all__ = (
    "DefaultPartition",
    "HashPartition",
    "ListPartition",
    "PartitionBy",
    "RangePartition",
    "BinaryQuantize",
    "BitField",
    "CosineDistance",
    "HalfVectorField",
    "HammingDistance",
    "HnswIndex",
    "IvfflatIndex",
    "JaccardDistance",
    "L1Distance",
    "L2Distance",
    "L2Normalize",
    "MaxInnerProduct",
    "SparseVector",
    "SparseVectorField",
    "Subvector",
    "VectorField",
    "VectorNorm",
    "SpGistIndex",
    "PostgresIndex",
    "HashIndex",
    "GistIndex",
    "GinIndex",
    "ExclusionConstraint",
    "BrinIndex",
    "BloomIndex",
    "BTreeIndex",
    "RangeField",
    "RangeBoundary",
    "RangeOperators",
    "Range",
    "OpClass",
    "Listener",
    "CurrentSetting",
    "RowPolicy",
    "asetting",
    "setting",
    "Notification",
    "alisten",
    "anotify",
    "listen",
    "notify",
    "BitAnd",
    "BitOr",
    "BitXor",
    "StringAgg",
    "IntegerRangeField",
    "HStoreField",
    "DecimalRangeField",
    "DateTimeRangeField",
    "DateRangeField",
    "BigIntegerRangeField",
    "ArrayAgg",
    "ArrayField",
    "ArraySubquery",
    "BoolAnd",
    "BoolOr",
    "Corr",
    "CovarPop",
    "JSONBAgg",
    "Lexeme",
    "RandomUUID",
    "RegrAvgX",
    "RegrAvgY",
    "RegrCount",
    "RegrIntercept",
    "RegrR2",
    "RegrSXX",
    "RegrSXY",
    "RegrSYY",
    "RegrSlope",
    "SearchHeadline",
    "SearchQuery",
    "SearchRank",
    "SearchVector",
    "SearchVectorField",
    "TransactionNow",
    "TrigramDistance",
    "TrigramSimilarity",
    "TrigramStrictWordDistance",
    "TrigramStrictWordSimilarity",
    "TrigramWordDistance",
    "TrigramWordSimilarity",
    "Unaccent",
    "aadvisory_lock",
    "advisory_lock",
)

ranges.register()
search.register()
similarity.register()
