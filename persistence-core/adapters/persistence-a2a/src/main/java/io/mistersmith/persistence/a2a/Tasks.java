package io.mistersmith.persistence.a2a;

import io.a2a.spec.Task;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tasks as they are kept: an entry of the context, which the task's own entry names; a log. */
final class Tasks {

  private static final int REMEMBERED = 1_000;
  private static final StateType<String> LISTED =
      StateType.of("a2a-contexts", String.class).withCodec(new RawJson());

  /** Of each task: the id of its context. */
  private static final StateType<String> CONTEXT_OF = StateType.of("a2a-context", String.class);

  private final Persistence persistence;
  private final Limits limits;
  private final Clock clock;
  private final StateRepository<StoredTask> tasks;
  private final StateRepository<String> contextOf;
  private final StateRepository<String> contexts;
  private final Map<String, History> histories =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, History> eldest) {
          return size() > REMEMBERED;
        }
      };

  Tasks(Persistence persistence, Limits limits, Clock clock) {
    this.persistence = persistence;
    this.limits = limits;
    this.clock = clock;
    this.tasks = persistence.states(StoredTask.TYPE);
    this.contextOf = persistence.states(CONTEXT_OF);
    this.contexts = persistence.states(LISTED);
  }

  History history(String taskId) {
    synchronized (histories) {
      return histories.computeIfAbsent(taskId, id -> new History(persistence, id, limits));
    }
  }

  private static StateKey pointer(String taskId) {
    return StateKey.of(Owners.task(taskId), "context");
  }

  private static StateKey key(String contextId, String taskId) {
    return StateKey.of(Owners.context(contextId), taskId);
  }

  void save(Task task) {
    StateKey key = key(task.contextId(), task.id());
    history(task.id()).write(task.history() == null ? List.of() : task.history());
    Task rest = Task.builder(task).history(List.of()).build();
    Optional<Instant> now =
        task.status().state().isFinal() ? Optional.of(clock.instant()) : Optional.empty();
    Optional<StoredTask> before = tasks.find(key).map(Versioned::value);
    // A task that stays final keeps the time at which it became so.
    Optional<Instant> finalizedAt =
        now.isEmpty() ? now : before.flatMap(StoredTask::finalizedAt).or(() -> now);
    tasks.save(key, new StoredTask(finalizedAt, rest));
    enter(task);
  }

  /** Enters the context of the task, and moves a task that had another one. */
  private void enter(Task task) {
    Optional<String> known = contextOf.find(pointer(task.id())).map(Versioned::value);
    if (known.filter(task.contextId()::equals).isPresent()) {
      return;
    }
    contexts.save(StateKey.of(Owners.CONTEXTS, task.contextId()), "{}");
    contextOf.save(pointer(task.id()), task.contextId());
    known.ifPresent(earlier -> tasks.delete(key(earlier, task.id())));
  }

  Optional<StoredTask> find(String taskId) {
    return contextOf
        .find(pointer(taskId))
        .flatMap(context -> tasks.find(key(context.value(), taskId)))
        .map(Versioned::value);
  }

  /** Returns the tasks of a context, without their histories. */
  List<Task> ofContext(String contextId) {
    List<Task> found = new ArrayList<>();
    tasks
        .findAll(tasks.keys(Owners.context(contextId), ""))
        .values()
        .forEach(row -> row.orElseThrow().ifPresent(task -> found.add(task.value().task())));
    return found;
  }

  List<String> contexts() {
    return contexts.keys(Owners.CONTEXTS, "").stream().map(StateKey::key).toList();
  }

  void delete(String taskId) {
    Optional<String> context = contextOf.find(pointer(taskId)).map(Versioned::value);
    if (context.isEmpty()) {
      return;
    }
    history(taskId).delete();
    persistence.states(PushConfigs.TYPE).delete(PushConfigs.key(taskId));
    tasks.delete(key(context.get(), taskId));
    contextOf.delete(pointer(taskId)); // the last, so that a delete that fails can be repeated
    synchronized (histories) {
      histories.remove(taskId);
    }
    if (tasks.keys(Owners.context(context.get()), "", "", 1).isEmpty()) {
      contexts.delete(StateKey.of(Owners.CONTEXTS, context.get()));
    }
  }

  int forgetContext(String contextId) {
    List<StateKey> keys = tasks.keys(Owners.context(contextId), "");
    keys.forEach(key -> delete(key.key()));
    return keys.size();
  }
}
