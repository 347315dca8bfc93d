package io.mistersmith.persistence.core.internal.saga;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.saga.SagaProgress.Situation;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.saga.RowChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What follows from a log. A log is written as rows of an event, a step and an attempt, as in
 * {@code done a1}, with marks after it: {@code F} final, {@code C} clean, {@code A} away, and
 * {@code @} and the run number of its owner, which else is 1.
 */
class SagaProgressTest {

  private static final Pattern COMMA = Pattern.compile(", *");
  private static final Pattern BLANK = Pattern.compile(" ");

  private static final SagaStep CALL =
      SagaStep.call("a", context -> Map.of()).compensatedByCall(context -> Map.of());

  private static final SagaStep TRANSACTION =
      SagaStep.inTransaction("b", (context, transaction) -> Map.of())
          .compensatedInTransaction((context, transaction) -> Map.of());

  private static final SagaStep BARE = SagaStep.call("c", context -> Map.of());

  private static final SagaStep ENTRY =
      SagaStep.entry(
          "e",
          context ->
              EntryChange.put(StateType.of("x", String.class), AgentId.external("o"), "k", "v"));

  private static final SagaStep ROW =
      SagaStep.row("r", context -> RowChange.insert("s.t", Map.of("c", 1)));

  private static final Saga PLAIN =
      Saga.builder("plain", 1).step(CALL).step(TRANSACTION).step(BARE).build();

  private static final Saga PIVOT =
      Saga.builder("pivot", 1).step(CALL).pivot(TRANSACTION).step(BARE).build();

  private static final Saga BUILT_IN = Saga.builder("built in", 1).step(ENTRY).step(ROW).build();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
                                                                  | act a1 row
          begun a1                                                | act a1
          begun a1@1, now 2                                       | act a2 row
          begun a1@1, begun a2@2, now 2                           | act a2
          begun a1, failed a1                                     | act a2
          begun a1, failed a1, now 2                              | act a2 row
          begun a1, failed a1, failed a2                          | act a3
          begun a1, failed a1A, failed a2A, failed a3A, failed a4 | act a5
          begun a1, failed a1, failed a2, failed a3               | compensate
          begun a1, failed a1F                                    | compensate
          begun a1, done a1                                       | act b1
          begun a1, done a1, failed b1                            | act b2
          begun a1, done a1, failed b1, failed b2, failed b3      | compensate
          begun a1, done a1, done b1                              | act c1 row
          begun a1, done a1, done b1, begun c1, done c1           | end COMPLETED
          begun a1, cancelled                                     | compensate
          begun a1, done a1, done b1, begun c1, done c1, cancelled | end COMPLETED
          begun a1, late                                          | compensate
          begun a1, done a1, done b1, begun c1, done c1, late     | end COMPLETED
          """)
  void forward(@Nullable String log, String next) {
    assertThat(next(PLAIN, log)).isEqualTo(next);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          compensating                                            | end COMPENSATED
          begun a1, compensating                                  | undo a1 row
          begun a1, failed a1FC, compensating                     | end COMPENSATED
          begun a1, failed a1F, compensating                      | undo a1 row
          begun a1, compensating, undo_begun a1                   | undo a1
          begun a1, compensating, undo_begun a1, now 2            | undo a2 row
          begun a1, compensating, undo_begun a1, undo_failed a1   | undo a2
          begun a1, compensating, undo_begun a1, undone a1        | end COMPENSATED
          begun a1, compensating, undo_failed a1, undo_failed a2, undo_failed a3 | stop COMPENSATION_FAILED
          begun a1, compensating, undo_failed a1A, undo_failed a2A, undo_failed a3A | undo a4 row
          begun a1, compensating, undo_failed a1F                 | stop COMPENSATION_FAILED
          begun a1, compensating, undo_failed a1F, stopped, resumed | undo a2 row
          begun a1, compensating, late                            | stop COMPENSATION_FAILED
          compensating, late                                      | end COMPENSATED
          begun a1, done a1, failed b1F, compensating             | undo a1 row
          begun a1, done a1, done b1, compensating                | undo b1
          begun a1, done a1, done b1, compensating, undone b1     | undo a1 row
          begun a1, done a1, done b1, begun c1, compensating      | undo b1
          begun a1, done a1, done b1, begun c1, done c1, ended, compensating | undo b1
          begun a1, done a1, compensating, cancelled              | undo a1 row
          """)
  void back(String log, String next) {
    assertThat(next(PLAIN, log)).isEqualTo(next);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          begun a1, done a1, cancelled                            | compensate
          begun a1, done a1, late                                 | compensate
          begun a1, done a1, failed b1F                           | compensate
          begun a1, done a1, done b1, cancelled                   | act c1 row forward
          begun a1, done a1, done b1, late                        | act c1 row forward
          begun a1, done a1, done b1, begun c1, failed c1, failed c2, failed c3, failed c4 | act c5 forward
          begun a1, done a1, done b1, begun c1, failed c1, failed c2, late | act c3 forward
          begun a1, done a1, done b1, begun c1, failed c1, failed c2, failed c3, late | stop FORWARD_FAILED
          begun a1, done a1, done b1, begun c1, failed c1F        | stop FORWARD_FAILED
          begun a1, done a1, done b1, begun c1, failed c1F, stopped, resumed | act c2 forward
          begun a1, done a1, done b1, begun c1, done c1           | end COMPLETED
          """)
  void behindThePivot(String log, String next) {
    assertThat(next(PIVOT, log)).isEqualTo(next);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
                                                                  | act e1
          begun e1                                                | act e1
          begun e1@1, now 2                                       | act e2
          begun e1, begun e2C                                     | act e2
          begun e1, failed e1FC, compensating                     | end COMPENSATED
          begun e1, compensating                                  | undo e1 row
          begun e1, compensating, undo_begun e1                   | undo e1
          begun e1, done e1                                       | act r1
          begun e1, done e1, failed r1F, compensating             | undo e1 row
          begun e1, done e1, done r1, compensating                | undo r1
          begun e1, done e1, done r1, compensating, undone r1     | undo e1 row
          """)
  void builtIn(@Nullable String log, String next) {
    assertThat(next(BUILT_IN, log)).isEqualTo(next);
  }

  @Test
  void pausesDoubleUpToFiveSeconds() {
    List<LogEntry> log = new ArrayList<>(rows("begun a1"));
    List<Long> pauses = new ArrayList<>();
    Saga patient = Saga.builder("patient", 1).step(CALL.withAttempts(100)).build();
    for (int attempt = 1; attempt <= 8; attempt++) {
      log.addAll(rows("failed a" + attempt));
      SagaProgress progress = SagaProgress.of(patient, log);
      Next.Attempt next = (Next.Attempt) progress.next(new Situation(1, false, Optional.empty()));
      pauses.add(progress.pauseBefore(next).toMillis());
    }
    assertThat(pauses).containsExactly(100L, 200L, 400L, 800L, 1_600L, 3_200L, 5_000L, 5_000L);
  }

  @Test
  void aStepWithoutAPauseWaitsForAStoreThatIsAway() {
    Saga eager = Saga.builder("eager", 1).step(CALL.withPause(Duration.ZERO)).build();
    SagaProgress progress = SagaProgress.of(eager, rows("begun a1, failed a1A"));
    Next.Attempt next = (Next.Attempt) progress.next(new Situation(1, false, Optional.empty()));
    assertThat(progress.pauseBefore(next)).isEqualTo(Duration.ofMillis(100));
  }

  private static String next(Saga saga, @Nullable String text) {
    String log = text == null ? "" : text;
    int run = log.contains("now 2") ? 2 : 1;
    Optional<String> cancelled =
        log.contains("cancelled") ? Optional.of("enough") : Optional.empty();
    Next next =
        SagaProgress.of(saga, rows(log)).next(new Situation(run, log.contains("late"), cancelled));
    if (next instanceof Next.Attempt attempt) {
      return (attempt.isUndo() ? "undo " : "act ")
          + attempt.step().name()
          + attempt.attempt()
          + (attempt.needsRow() ? " row" : "")
          + (attempt instanceof Next.Act act && act.isForwardOnly() ? " forward" : "");
    } else if (next instanceof Next.Stop stop) {
      return "stop " + stop.state();
    } else if (next instanceof Next.End end) {
      return "end " + end.state();
    }
    return "compensate";
  }

  private static List<LogEntry> rows(String log) {
    List<LogEntry> rows = new ArrayList<>();
    for (String text : COMMA.split(log)) {
      if (text.isBlank() || text.matches("now 2|late|cancelled")) {
        continue;
      }
      String[] parts = BLANK.split(text.trim());
      String about = parts.length == 1 ? "" : parts[1];
      String marks = about.replaceAll("^[a-z]\\d+", "");
      rows.add(
          new LogEntry(
              rows.size() + 1,
              Event.valueOf(parts[0].toUpperCase(Locale.ROOT)),
              about.isEmpty() ? Optional.empty() : Optional.of(about.substring(0, 1)),
              about.isEmpty() ? 0 : Integer.parseInt(about.replaceAll("^[a-z](\\d+).*", "$1")),
              marks.contains("@") ? Integer.parseInt(marks.replaceAll(".*@", "")) : 1,
              data(marks),
              Optional.of("because"),
              Instant.EPOCH));
    }
    return rows;
  }

  private static Map<String, Object> data(String marks) {
    return new StepFailure(
            "because", marks.contains("F"), marks.contains("C"), marks.contains("A"), false)
        .data();
  }
}
