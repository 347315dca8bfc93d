package io.mistersmith.persistence.task;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Priority;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A task to be enqueued. Immutable: each {@code with} returns a copy.
 *
 * <p>Its maps are JSON objects, in the form that {@link io.mistersmith.persistence.model.Agent}
 * describes. Without further settings it has the priority {@code NORMAL}, may run for an hour at a
 * time, and is tried four times.
 */
public final class NewTask {

  /** The longest type, in characters. */
  public static final int MAX_TYPE_LENGTH = 100;

  /** The longest name and unique key, in characters. */
  public static final int MAX_NAME_LENGTH = 255;

  private record Owners(
      Optional<AgentId> createdBy, Optional<AgentId> assignedTo, Optional<UUID> parent) {}

  private record Documents(
      Map<String, Object> payload,
      Map<String, Object> configuration,
      Map<String, Object> metadata) {}

  private record Times(
      Optional<Instant> scheduledAt,
      Optional<Instant> expiresAt,
      Optional<Duration> maxExecutionTime) {}

  private final String type;
  private final Optional<String> name;
  private final Optional<String> uniqueKey;
  private final Priority priority;
  private final int maxRetries;
  private final Owners owners;
  private final Documents documents;
  private final Times times;
  private final Map<UUID, Dependency> dependencies;

  private NewTask(
      String type,
      Optional<String> name,
      Optional<String> uniqueKey,
      Priority priority,
      int maxRetries,
      Owners owners,
      Documents documents,
      Times times,
      Map<UUID, Dependency> dependencies) {
    this.type = type;
    this.name = name;
    this.uniqueKey = uniqueKey;
    this.priority = priority;
    this.maxRetries = maxRetries;
    this.owners = owners;
    this.documents = documents;
    this.times = times;
    this.dependencies = dependencies;
  }

  /**
   * Returns a task of a type with nothing but a payload.
   *
   * @param type says which workers can run it: 1 to {@value #MAX_TYPE_LENGTH} characters
   * @param payload what it works on, as a JSON object
   */
  public static NewTask of(String type, Map<String, Object> payload) {
    return new NewTask(
        text("type", type, MAX_TYPE_LENGTH),
        Optional.empty(),
        Optional.empty(),
        Priority.NORMAL,
        3,
        new Owners(Optional.empty(), Optional.empty(), Optional.empty()),
        new Documents(Map.copyOf(payload), Map.of(), Map.of()),
        new Times(Optional.empty(), Optional.empty(), Optional.of(Duration.ofHours(1))),
        Map.of());
  }

  private static String text(String field, String text, int most) {
    Objects.requireNonNull(text, () -> "task: " + field + " is null");
    int length = text.codePointCount(0, text.length());
    boolean storable =
        text.codePoints().noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE);
    if (length < 1 || length > most || !storable) {
      throw new IllegalArgumentException(
          "task: "
              + field
              + " has "
              + length
              + " characters; give it 1 to "
              + most
              + ", without NUL or half a surrogate pair");
    }
    return text;
  }

  /** Returns a copy with a name for people. */
  public NewTask withName(String text) {
    Optional<String> given = Optional.of(text("name", text, MAX_NAME_LENGTH));
    return copy(given, uniqueKey, priority, maxRetries, owners, documents, times, dependencies);
  }

  /**
   * Returns a copy that is enqueued once: while a task with this key is in the queue, also an ended
   * one that is not archived yet, {@code enqueue} returns that one's id and changes nothing.
   */
  public NewTask withUniqueKey(String key) {
    Optional<String> given = Optional.of(text("unique key", key, MAX_NAME_LENGTH));
    return copy(name, given, priority, maxRetries, owners, documents, times, dependencies);
  }

  /** Returns a copy with this priority. */
  public NewTask withPriority(Priority other) {
    Objects.requireNonNull(other, "priority");
    return copy(name, uniqueKey, other, maxRetries, owners, documents, times, dependencies);
  }

  /**
   * Returns a copy that is tried again at most so often after a failure.
   *
   * @throws IllegalArgumentException when it is negative
   */
  public NewTask withMaxRetries(int most) {
    if (most < 0) {
      throw new IllegalArgumentException("task: " + most + " retries; give it 0 or more");
    }
    return copy(name, uniqueKey, priority, most, owners, documents, times, dependencies);
  }

  /** Returns a copy that was created by an agent. */
  public NewTask createdBy(AgentId agent) {
    return with(
        new Owners(
            Optional.of(agent.requireRegistered("creators of tasks")),
            owners.assignedTo,
            owners.parent));
  }

  /** Returns a copy that this agent alone can claim. */
  public NewTask assignedTo(AgentId agent) {
    return with(
        new Owners(owners.createdBy, Optional.of(agent.requireRegistered("tasks")), owners.parent));
  }

  /** Returns a copy that is a part of another task. */
  public NewTask withParent(UUID task) {
    return with(new Owners(owners.createdBy, owners.assignedTo, Optional.of(task)));
  }

  /** Returns a copy with this configuration, a JSON object. */
  public NewTask withConfiguration(Map<String, Object> configuration) {
    return with(new Documents(documents.payload, Map.copyOf(configuration), documents.metadata));
  }

  /** Returns a copy with this metadata, a JSON object. */
  public NewTask withMetadata(Map<String, Object> metadata) {
    return with(new Documents(documents.payload, documents.configuration, Map.copyOf(metadata)));
  }

  /** Returns a copy with another payload. */
  public NewTask withPayload(Map<String, Object> payload) {
    return with(new Documents(Map.copyOf(payload), documents.configuration, documents.metadata));
  }

  /** Returns a copy that cannot be claimed before this time, cut to the microsecond. */
  public NewTask scheduledAt(Instant time) {
    return with(
        new Times(
            Optional.of(time.truncatedTo(ChronoUnit.MICROS)),
            times.expiresAt,
            times.maxExecutionTime));
  }

  /**
   * Returns a copy that is cancelled at this time, cut to the microsecond, unless it has ended
   * before; also when it is running then.
   */
  public NewTask expiresAt(Instant time) {
    return with(
        new Times(
            times.scheduledAt,
            Optional.of(time.truncatedTo(ChronoUnit.MICROS)),
            times.maxExecutionTime));
  }

  /**
   * Returns a copy whose attempts fail after this time, though their lease is renewed.
   *
   * @throws IllegalArgumentException unless it is positive
   */
  public NewTask withMaxExecutionTime(Duration most) {
    Duration micros = most.truncatedTo(ChronoUnit.MICROS);
    if (micros.isNegative() || micros.isZero() || micros.compareTo(Duration.ofDays(365_250)) > 0) {
      throw new IllegalArgumentException(
          "task: max execution time " + most + "; give it a microsecond to 365250 days");
    }
    return with(new Times(times.scheduledAt, times.expiresAt, Optional.of(micros)));
  }

  /** Returns a copy whose attempts may take any time. */
  public NewTask withoutMaxExecutionTime() {
    return with(new Times(times.scheduledAt, times.expiresAt, Optional.empty()));
  }

  /** Returns a copy that waits for the success of another task. */
  public NewTask after(UUID task) {
    return after(task, Dependency.COMPLETION);
  }

  /** Returns a copy that waits for another task. */
  public NewTask after(UUID task, Dependency what) {
    Map<UUID, Dependency> more = new LinkedHashMap<>(dependencies);
    more.put(Objects.requireNonNull(task, "task"), Objects.requireNonNull(what, "what"));
    return copy(name, uniqueKey, priority, maxRetries, owners, documents, times, Map.copyOf(more));
  }

  private NewTask with(Owners changed) {
    return copy(name, uniqueKey, priority, maxRetries, changed, documents, times, dependencies);
  }

  private NewTask with(Documents changed) {
    return copy(name, uniqueKey, priority, maxRetries, owners, changed, times, dependencies);
  }

  private NewTask with(Times changed) {
    return copy(name, uniqueKey, priority, maxRetries, owners, documents, changed, dependencies);
  }

  private NewTask copy(
      Optional<String> newName,
      Optional<String> newKey,
      Priority newPriority,
      int newRetries,
      Owners newOwners,
      Documents newDocuments,
      Times newTimes,
      Map<UUID, Dependency> newDependencies) {
    return new NewTask(
        type,
        newName,
        newKey,
        newPriority,
        newRetries,
        newOwners,
        newDocuments,
        newTimes,
        newDependencies);
  }

  /** Returns the type. */
  public String type() {
    return type;
  }

  /** Returns the name. */
  public Optional<String> name() {
    return name;
  }

  /** Returns the unique key. */
  public Optional<String> uniqueKey() {
    return uniqueKey;
  }

  /** Returns the priority. */
  public Priority priority() {
    return priority;
  }

  /** Returns how often it is tried again. */
  public int maxRetries() {
    return maxRetries;
  }

  /** Returns the agent that created it. */
  public Optional<AgentId> createdBy() {
    return owners.createdBy;
  }

  /** Returns the agent that alone can claim it. */
  public Optional<AgentId> assignedTo() {
    return owners.assignedTo;
  }

  /** Returns the task that it is a part of. */
  public Optional<UUID> parent() {
    return owners.parent;
  }

  /** Returns what it works on. */
  public Map<String, Object> payload() {
    return documents.payload;
  }

  /** Returns how it is to be run. */
  public Map<String, Object> configuration() {
    return documents.configuration;
  }

  /** Returns anything else. */
  public Map<String, Object> metadata() {
    return documents.metadata;
  }

  /** Returns when it can be claimed at the earliest. */
  public Optional<Instant> scheduledAt() {
    return times.scheduledAt;
  }

  /** Returns when it is cancelled. */
  public Optional<Instant> expiresAt() {
    return times.expiresAt;
  }

  /** Returns how long an attempt may take; empty for any time. */
  public Optional<Duration> maxExecutionTime() {
    return times.maxExecutionTime;
  }

  /**
   * Returns the tasks that it waits for. A task that was read has none here: {@link
   * Task#blockedBy()} counts them.
   */
  public Map<UUID, Dependency> dependencies() {
    return dependencies;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NewTask that
        && that.type.equals(type)
        && that.name.equals(name)
        && that.uniqueKey.equals(uniqueKey)
        && that.priority == priority
        && that.maxRetries == maxRetries
        && that.owners.equals(owners)
        && that.documents.equals(documents)
        && that.times.equals(times)
        && that.dependencies.equals(dependencies);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        type, name, uniqueKey, priority, maxRetries, owners, documents, times, dependencies);
  }

  @Override
  public String toString() {
    return "NewTask[" + type + name.map(text -> ", " + text).orElse("") + ", " + priority + "]";
  }
}
