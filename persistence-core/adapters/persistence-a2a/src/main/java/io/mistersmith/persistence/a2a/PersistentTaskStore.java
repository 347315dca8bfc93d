package io.mistersmith.persistence.a2a;

import io.a2a.jsonrpc.common.wrappers.ListTasksResult;
import io.a2a.server.tasks.TaskStateProvider;
import io.a2a.server.tasks.TaskStore;
import io.a2a.spec.ListTasksParams;
import io.a2a.spec.Message;
import io.a2a.spec.Task;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the tasks of an A2A server in a {@link Persistence}. Thread-safe; any number of processes
 * may save one task at once.
 *
 * <p>A call that has returned is acknowledged by NATS, and PostgreSQL has it soon after. The
 * history of a task is kept as a log: a save appends the messages that are new, and costs the same
 * however many there are. What another process has appended since this one last read or saved the
 * task stays, unless the history is changed before its end: it then replaces the stored one as a
 * whole. Of the rest of a task the last save counts.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s: {@code
 * INVALID_KEY} for an id of more than 255 characters, {@code VALUE_TOO_LARGE} for a message, or a
 * task without its history, of more than about 1 MB. A page token that cannot be read fails as the
 * SDK's {@code InvalidParamsError}.
 */
public final class PersistentTaskStore implements TaskStore, TaskStateProvider {

  private final Tasks tasks;
  private final Clock clock;
  private final Duration gracePeriod;

  private PersistentTaskStore(Builder builder) {
    this.clock = builder.clock;
    this.gracePeriod = builder.gracePeriod;
    this.tasks = new Tasks(builder.persistence, builder.limits, builder.clock);
  }

  /** Returns a store that keeps all messages. */
  public static PersistentTaskStore of(Persistence persistence) {
    return builder(persistence).build();
  }

  /** Returns a builder. The store does not close {@code persistence}. */
  public static Builder builder(Persistence persistence) {
    return new Builder(persistence);
  }

  /**
   * Saves the task.
   *
   * @param isReplicated is not used: every process reads what any process has saved
   */
  @Override
  public void save(Task task, boolean isReplicated) {
    tasks.save(task);
  }

  @Override
  public @Nullable Task get(String taskId) {
    return tasks
        .find(taskId)
        .map(stored -> with(stored.task(), tasks.history(taskId).read()))
        .orElse(null);
  }

  private static Task with(Task task, List<Message> history) {
    return history.isEmpty() ? task : Task.builder(task).history(history).build();
  }

  /** Deletes the task with its history and its push notification configurations. */
  @Override
  public void delete(String taskId) {
    tasks.delete(taskId);
  }

  /**
   * Lists tasks, the latest status first. Reads all tasks of the context, or, where the parameters
   * name none, of all contexts.
   */
  @Override
  public ListTasksResult list(ListTasksParams params) {
    List<Task> all = new ArrayList<>();
    if (params.contextId() != null) {
      all.addAll(tasks.ofContext(params.contextId()));
    } else {
      tasks.contexts().forEach(context -> all.addAll(tasks.ofContext(context)));
    }
    Page page = Page.of(all, params);
    List<Task> shown =
        page.tasks().stream()
            .map(task -> params.shouldIncludeArtifacts() ? task : withoutArtifacts(task))
            .map(
                task ->
                    with(task, tasks.history(task.id()).last(params.getEffectiveHistoryLength())))
            .toList();
    return new ListTasksResult(shown, page.total(), shown.size(), page.next());
  }

  private static Task withoutArtifacts(Task task) {
    return Task.builder(task).artifacts(List.of()).build();
  }

  /** Whether the task is in no final state, or came into it within the grace period. */
  @Override
  public boolean isTaskActive(String taskId) {
    return tasks
        .find(taskId)
        .filter(
            stored ->
                !stored.isFinal()
                    || stored
                        .finalizedAt()
                        .filter(at -> clock.instant().isBefore(at.plus(gracePeriod)))
                        .isPresent())
        .isPresent();
  }

  /** Whether the task is in a final state, for however short a time. */
  @Override
  public boolean isTaskFinalized(String taskId) {
    return tasks.find(taskId).filter(StoredTask::isFinal).isPresent();
  }

  /**
   * Deletes all tasks of a context. When it fails, repeat it: what it has deleted stays deleted.
   *
   * @return how many there were
   */
  public int forgetContext(String contextId) {
    return tasks.forgetContext(contextId);
  }

  /** Builds a store. Used by one thread. */
  public static final class Builder {

    private final Persistence persistence;
    private Limits limits = Limits.NONE;
    private Duration gracePeriod = Duration.ofSeconds(15);
    private Clock clock = Clock.systemUTC();

    private Builder(Persistence persistence) {
      this.persistence = Objects.requireNonNull(persistence, "persistence");
    }

    /**
     * Limits the history of each task, by number, age or bytes of its messages; without limits at
     * first. The oldest messages are removed with later saves.
     */
    public Builder keep(Limits newLimits) {
      this.limits = Objects.requireNonNull(newLimits, "limits");
      return this;
    }

    /** Sets for how long a task in a final state still counts as active (15 seconds at first). */
    public Builder gracePeriod(Duration period) {
      this.gracePeriod = Objects.requireNonNull(period, "period");
      return this;
    }

    /** Sets the clock that the grace period is measured by (the system's at first). */
    public Builder clock(Clock newClock) {
      this.clock = Objects.requireNonNull(newClock, "clock");
      return this;
    }

    /** Returns the store. */
    public PersistentTaskStore build() {
      return new PersistentTaskStore(this);
    }
  }
}
