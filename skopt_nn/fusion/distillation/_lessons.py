"""A fit of a distilled model: the teacher, then what it teaches to students."""

from copy import deepcopy
from dataclasses import replace
from functools import cache

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import indexable

from skopt_nn.fusion._cross_fit import cross_fit, fit_task
from skopt_nn.fusion._members import known_classes, predict_scores
from skopt_nn.fusion._problem import UNLABELLED
from skopt_nn.fusion.distillation._fidelity import fidelity
from skopt_nn.fusion.distillation._methods import (
    METHODS,
    check_method,
    names_given,
    temperature_for,
)
from skopt_nn.fusion.distillation._queries import (
    check_queries,
    generator,
    is_given,
    sample_shape,
    with_queries,
    with_rows,
)
from skopt_nn.fusion.distillation._routing import routed
from skopt_nn.fusion.distillation._student import check_student
from skopt_nn.fusion.distillation._teacher import (
    check_classes,
    check_frozen,
    check_kind,
)


class Lessons:
    """The part of a distilled model that trains others."""

    def _fit(self, models, students, X, y, sample_weight, given, params):
        """Give each of the models what is known when its student is fitted."""
        problem = self._problem(X, y, sample_weight)
        if problem.sample_weight is not None:
            given["sample_weight"] = problem.sample_weight
        of, split_params = routed(self, given, params)
        taught, learned = (
            replace(problem, sample_weight=of[name].pop("sample_weight", None))
            for name in ("teacher", "student")
        )
        shape = self._check_lesson(students, learned, of["student"])
        folds = taught.folds(None if self._is_frozen else self.cv, **split_params)
        n_lessons = self.n_generations * len(students)
        root = self._init_callback_context(max_subtasks=1 + n_lessons)
        attributes = []
        with fit_task(root, self, **self._scored(models, problem, attributes)):
            teacher, outputs = self._ask_teacher(root, taught, folds, of["teacher"])
            lesson = learned, teacher, outputs, shape, of["student"]
            chains = self._teach(root, students, *lesson)
            attributes += [
                {
                    "teacher_": teacher,
                    "students_": chain,
                    "student_": chain[-1],
                    "fidelity_": self._compare(problem, outputs, chain[-1]),
                    **self._of_classes(problem),
                }
                for chain in chains
            ]
        for model, own in zip(models, attributes):
            vars(model).update(own)

    def _scored(self, models, problem, attributes):
        """What callbacks score at the end: the model on its rows with a label.

        Several models have no one score.
        """
        if models != [self]:
            return {"X": None, "y": None, "reconstruction_attributes": dict}
        # Rows are copied for callbacks that ask for them, and for no others.
        known = cache(lambda: problem.take(np.flatnonzero(problem.labelled)))
        some = problem.labelled.any()
        return {
            "X": (lambda: known().X) if some else None,
            "y": (lambda: known().y) if some else None,
            "metadata": lambda: {"sample_weight": known().sample_weight},
            "reconstruction_attributes": lambda: attributes[0],
        }

    @staticmethod
    def _of_classes(problem):
        if problem.classes is None:
            return {}
        return {"classes_": problem.classes, "_multilabel": problem.multilabel}

    @property
    def _is_frozen(self):
        return isinstance(self.teacher, FrozenEstimator)

    def _problem(self, X, y, sample_weight):
        """Read what is to be learned; a frozen teacher knows all classes of it."""
        check_frozen(self.teacher)
        known = known_classes(self.teacher) if self._is_frozen else None
        problem = self._read(indexable(X)[0], y, sample_weight, known)
        if self._is_frozen:
            check_kind(self.teacher, problem)
            return replace(problem, classes=check_classes(self.teacher, problem))
        if not len(problem.taught):
            raise ValueError(
                "y must have rows with a label and a weight above zero, to teach the "
                f"teacher, got none among {len(problem)} rows. Only a teacher in "
                "FrozenEstimator needs no labels."
            )
        return problem

    def _check_lesson(self, students, problem, validation):
        """Raise what would be raised behind the teacher; return a sample's shape."""
        check_method(self.method, problem)
        _check_judging(problem, validation.get("y_val"))
        shape = _common_shape(problem.X, students)
        check_queries(self.queries, problem.X, shape)
        names = names_given(self.method, problem)
        for student in students:
            check_student(student, problem, validation, names)
        if is_given(self.queries):
            self._check_queries(students, problem, validation)
        return shape

    def _check_queries(self, students, problem, validation):
        """Raise what students would raise about the user's own queries behind X."""
        with with_rows(self.queries, problem.take(problem.counted), None, None) as all_:
            try:
                for student in students:
                    check_student(student, all_, validation)
            except (TypeError, ValueError) as err:
                kind = TypeError if isinstance(err, TypeError) else ValueError
                raise kind(f"queries must be rows such as those of X: {err}") from err

    def _ask_teacher(self, root, problem, folds, validation):
        """Return the fitted teacher, and what it says about all rows."""
        task = root.subcontext(
            "teacher", max_subtasks=1 + len(folds), sequential_subtasks=False
        )
        with fit_task(task, self, problem.X, problem.y):
            teacher, outputs = cross_fit(
                self.teacher,
                problem,
                folds,
                caller=self,
                context=task,
                validation=validation,
            )
        check_classes(teacher, problem)
        if problem.classes is None:
            outputs = outputs.reshape(problem.y.shape)
        return teacher, outputs

    def _teach(self, root, students, problem, teacher, outputs, shape, validation):
        """Return the generations of each student; the teacher teaches the first."""
        rows, rng = problem.counted, generator(self.random_state)
        problem, outputs = problem.take(rows), outputs[rows]
        given = shape, rng, validation
        self._give_lesson(root, students, problem, teacher, outputs, *given)
        chains = [[student] for student in students]
        for chain in chains:
            # A student's generations are those it would have alone.
            own = shape, deepcopy(rng), validation
            for _ in range(1, self.n_generations):
                teacher, student = chain[-1], clone(chain[-1])
                scores = predict_scores(teacher, problem.X, problem.classes)
                said = teacher, scores.reshape(outputs.shape)
                self._give_lesson(root, [student], problem, *said, *own)
                chain.append(student)
        return chains

    def _give_lesson(
        self, root, students, problem, teacher, outputs, shape, rng, validation
    ):
        """Ask the teacher about queries, and fit the students to what it says."""
        how = {"alpha": self.alpha, "beta": self.beta}
        how["temperature"] = temperature_for(self.temperature, problem)
        asked = self.queries, problem, teacher, outputs, shape, rng
        with with_queries(*asked) as (whole, answers):
            lesson = METHODS[self.method](whole, teacher, answers, **how)
            lesson = self._weighed(lesson, teacher)
            for student in students:
                task = root.subcontext("student")
                with (
                    task.propagate_callback_context(student),
                    fit_task(task, self, lesson["X"], lesson["y"]),
                ):
                    student.fit_soft(**lesson, **validation)

    def _weighed(self, lesson, teacher):
        """Return the lesson with its rows weighed by how sure the teacher is."""
        return lesson

    @staticmethod
    def _compare(problem, outputs, student):
        ask = student.predict if problem.classes is None else student.predict_proba
        return fidelity(problem, outputs, np.asarray(ask(problem.X)))


def _check_judging(problem, y_val):
    """Refuse rows to validate on that have no label or value."""
    y_val = np.asarray(y_val)
    if y_val.dtype.kind not in "if":
        return
    unknown = np.isnan(y_val)
    one_label = problem.classes is not None and not problem.multilabel
    if one_label and UNLABELLED not in problem.classes.tolist():
        unknown |= y_val == UNLABELLED
    if unknown.any():
        raise ValueError(
            "y_val must have a label or value in each row, as these judge the student: "
            f"got -1 or NaN in {np.count_nonzero(unknown)} of {len(y_val)} rows. Leave "
            "them out of X_val and y_val."
        )


def _common_shape(X, students):
    """Shape of one sample in whatever order the students are; of several the one with
    most axes, and of these the largest. None where one of them can read no made rows.
    """
    shapes = [sample_shape(X, student) for student in students]
    if None in shapes:
        return None
    return max(shapes, key=lambda shape: (len(shape), shape))
