package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How an execution ends: with a result, or with an error and the pause until the next one. */
record TaskEnd(
    UUID task, long token, @Nullable String result, @Nullable String error, @Nullable Long pause) {

  private static final String FINISH =
      """
      SELECT held, released
        FROM tasks.finish(
               CAST(:tasks AS uuid[]), CAST(:tokens AS bigint[]), CAST(:results AS text[]),
               CAST(:errors AS text[]),
               ARRAY(SELECT p.pause * INTERVAL '1 microsecond'
                       FROM unnest(CAST(:pauses AS bigint[])) WITH ORDINALITY AS p (pause, place)
                      ORDER BY p.place))
      """;

  static TaskEnd of(End end) {
    UUID task = end.lease().task().id();
    long token = end.lease().token();
    if (end instanceof End.Failed failed) {
      return new TaskEnd(
          task,
          token,
          null,
          SqlText.storable(failed.error()),
          failed.pause().map(TaskRow::micros).orElse(null));
    }
    Map<String, Object> result = ((End.Completed) end).result();
    return new TaskEnd(
        task, token, JsonColumn.text("task " + task + ": its result", result), null, null);
  }

  @Override
  public String toString() {
    return task + ": " + error;
  }

  /**
   * An end whose lease was held.
   *
   * @param place its place among all ends
   * @param released whether a task may be claimable now
   */
  record Held(int place, boolean released) {}

  /** Returns those whose lease was held. */
  static List<Held> finish(Statements statements, List<TaskEnd> ends) {
    String what =
        ends.size() == 1 ? "end task " + ends.get(0).task() : "end " + ends.size() + " tasks";
    List<@Nullable String> results = new ArrayList<>();
    List<@Nullable String> errors = new ArrayList<>();
    List<@Nullable Long> pauses = new ArrayList<>();
    for (TaskEnd end : ends) {
      results.add(end.result());
      errors.add(end.error());
      pauses.add(end.pause());
    }
    return statements.transaction(
        SqlOptions.of(what),
        handle ->
            handle
                .createQuery(FINISH)
                .bind("tasks", SqlArray.text(ends.stream().map(e -> e.task().toString()).toList()))
                .bind("tokens", SqlArray.bigint(ends.stream().map(TaskEnd::token).toList()))
                .bind("results", SqlArray.text(results))
                .bind("errors", SqlArray.text(errors))
                .bind("pauses", SqlArray.bigint(pauses))
                .map((row, context) -> new Held(row.getInt("held"), row.getBoolean("released")))
                .list());
  }
}
