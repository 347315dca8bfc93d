package io.mistersmith.persistence.a2a;

import io.a2a.spec.ListTasksParams;
import io.a2a.spec.Task;
import io.a2a.util.PageToken;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of tasks, the latest status first, then by id.
 *
 * @param tasks the tasks of the page
 * @param total how many tasks are on all pages
 * @param next the token of the next page; null on the last one
 */
record Page(List<Task> tasks, int total, @Nullable String next) {

  private static final Comparator<Task> ORDER =
      Comparator.comparing(Page::time).reversed().thenComparing(Task::id);

  /** Page tokens have milliseconds. */
  private static Instant time(Task task) {
    return task.status().timestamp().toInstant().truncatedTo(ChronoUnit.MILLIS);
  }

  static Page of(List<Task> tasks, ListTasksParams params) {
    List<Task> selected =
        tasks.stream().filter(task -> selects(params, task)).sorted(ORDER).toList();
    PageToken token = PageToken.fromString(params.pageToken());
    List<Task> rest =
        token == null ? selected : selected.stream().filter(task -> isAfter(token, task)).toList();
    int size = Math.min(params.getEffectivePageSize(), rest.size());
    List<Task> page = rest.subList(0, size);
    String next =
        size < rest.size()
            ? new PageToken(time(page.get(size - 1)), page.get(size - 1).id()).toString()
            : null;
    return new Page(page, selected.size(), next);
  }

  private static boolean selects(ListTasksParams params, Task task) {
    return (params.status() == null || params.status() == task.status().state())
        && (params.statusTimestampAfter() == null
            || task.status().timestamp().toInstant().isAfter(params.statusTimestampAfter()));
  }

  private static boolean isAfter(PageToken token, Task task) {
    int later = time(task).compareTo(token.timestamp());
    return later < 0 || (later == 0 && task.id().compareTo(token.id()) > 0);
  }
}
