package io.mistersmith.persistence.stream;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings of a stream, as data. Immutable; {@link #builder} makes one, {@link #toBuilder} a
 * changed copy, and {@link Streams#apply(StreamPlan)} lets the server have it.
 *
 * <p>Names and subjects are those of the application. On the server they begin with {@code
 * nats.namePrefix}, so that installations can share it.
 */
public final class StreamPlan {

  private static final long MIB = 1024L * 1024;

  private final Builder values;

  private StreamPlan(Builder values) {
    this.values = values;
  }

  /**
   * Returns a builder for a stream on disk that keeps everything.
   *
   * @param name letters, digits, {@code _} and {@code -}
   * @param subjects what it stores, at least one; {@code *} stands for a token but the first, and
   *     {@code >} for the rest
   * @throws IllegalArgumentException for another name or subject
   */
  public static Builder builder(String name, String... subjects) {
    Builder builder = new Builder(Rules.name("stream name", name));
    return builder.subjects(List.of(subjects));
  }

  /**
   * Returns the plan of AGENT_STATE: changes of state, lifecycle and heartbeats of agents, for 30
   * minutes, up to a million messages and 1 GiB.
   *
   * <p>It has as many replicas as {@code nats.replicas} says, not always 3: a server that belongs
   * to no cluster refuses 3. The placement on the cluster {@code nats-cluster} with the tag {@code
   * agent-state} is left out, since it fits one deployment; see {@link Builder#placement}.
   */
  public static StreamPlan agentState() {
    return builder("AGENT_STATE", "agents.state.>", "agents.lifecycle.>", "agents.heartbeat.>")
        .description("Real-time agent state updates and synchronization")
        .maxAge(Duration.ofMinutes(30))
        .maxMessages(1_000_000)
        .maxBytes(1_024 * MIB)
        .maxMessageBytes((int) MIB)
        .duplicateWindow(Duration.ofMinutes(5))
        .allowRollup(true)
        .build();
  }

  /**
   * Returns the plan of TASK_EXECUTION: the events of tasks, for 24 hours and up to ten million.
   *
   * <ul>
   *   <li>Retention is by limits, not by interest. With interest, the server acknowledges an event
   *       that no consumer's filter passes, and does not store it: with the consumer of {@code
   *       tasks.started.>} alone all other events are lost.
   *   <li>It also takes {@code tasks.updated.>} and {@code tasks.deleted.>}, which are published as
   *       well. A message on a subject of no stream is never acknowledged.
   *   <li>Messages may be as large as the server takes (1 MB unless its {@code max_payload} says
   *       otherwise), not 5 MB: the server never accepts more. A larger event names its value.
   *   <li>The limit is 1 GiB, not 10: the server reserves the limit when the stream is created, and
   *       refuses it where the disk is smaller. Raise it with {@link Builder#maxBytes}.
   *   <li>The duplicate window is 5 minutes, as AGENT_STATE's, longer than a server takes to notice
   *       a lost connection.
   * </ul>
   */
  public static StreamPlan taskExecution() {
    return builder(
            "TASK_EXECUTION",
            "tasks.created.>",
            "tasks.started.>",
            "tasks.completed.>",
            "tasks.failed.>",
            "tasks.cancelled.>",
            "tasks.updated.>",
            "tasks.deleted.>")
        .description("Task lifecycle events and execution tracking")
        .maxAge(Duration.ofHours(24))
        .maxMessages(10_000_000)
        .maxBytes(1_024 * MIB)
        .duplicateWindow(Duration.ofMinutes(5))
        .build();
  }

  /**
   * Returns the plan of AGENT_MESSAGES: messages between agents, for 5 minutes, up to 100,000
   * messages and 100 MiB of 256 KiB each, in memory.
   *
   * <p>A restart of nats-server, or of the one server of a cluster that has it, loses the stream
   * with its messages and consumers: what was published and not yet handled is gone. Runtimes that
   * have applied its plan create it again. Messages that must arrive belong into {@link
   * io.mistersmith.persistence.message.MessageLog}.
   */
  public static StreamPlan agentMessages() {
    return builder(
            "AGENT_MESSAGES",
            "messages.direct.>",
            "messages.broadcast.>",
            "messages.notification.>")
        .description("Inter-agent communication and messaging")
        .storage(Storage.MEMORY)
        .replicated(false)
        .maxAge(Duration.ofMinutes(5))
        .maxMessages(100_000)
        .maxBytes(100 * MIB)
        .maxMessageBytes(256 * 1024)
        .duplicateWindow(Duration.ofMinutes(2))
        .build();
  }

  /** Returns a builder that starts from this plan. */
  public Builder toBuilder() {
    return new Builder(values);
  }

  /** Returns the name, without prefix. */
  public String name() {
    return values.name;
  }

  /** Returns the description for operators; empty for none. */
  public String description() {
    return values.description;
  }

  /** Returns the subjects of the messages that it stores, without prefix. */
  public List<String> subjects() {
    return values.subjects;
  }

  /** Returns whether it is on disk or in memory. */
  public Storage storage() {
    return values.storage;
  }

  /** Returns what else than the limits removes a message. */
  public Retention retention() {
    return values.retention;
  }

  /** Returns how long a message is kept; zero for no limit. */
  public Duration maxAge() {
    return values.maxAge;
  }

  /** Returns the most messages that it keeps. */
  public Optional<Long> maxMessages() {
    return values.maxMessages;
  }

  /** Returns the most bytes that it keeps. The server reserves them. */
  public Optional<Long> maxBytes() {
    return values.maxBytes;
  }

  /** Returns the largest message, headers included, where it is below the server's bound. */
  public Optional<Integer> maxMessageBytes() {
    return values.maxMessageBytes;
  }

  /** Returns whether it has as many replicas as {@code nats.replicas} says; else it has one. */
  public boolean replicated() {
    return values.replicated;
  }

  /** Returns whether a full stream removes its oldest messages, or refuses new ones. */
  public Discard discard() {
    return values.discard;
  }

  /** Returns for how long the server recognises a message's id. */
  public Duration duplicateWindow() {
    return values.duplicateWindow;
  }

  /** Returns whether a message may replace all earlier ones of its subject, or of the stream. */
  public boolean allowRollup() {
    return values.allowRollup;
  }

  /** Returns the cluster to place it in. */
  public Optional<String> placementCluster() {
    return values.placementCluster;
  }

  /** Returns the tags of the servers to place it on. */
  public List<String> placementTags() {
    return values.placementTags;
  }

  /** Prints name and subjects. */
  @Override
  public String toString() {
    return "StreamPlan[" + name() + " " + subjects() + "]";
  }

  /** The medium of a stream. */
  public enum Storage {
    /** On disk. */
    FILE,
    /** In the server's memory: lost when it restarts. */
    MEMORY
  }

  /** What removes messages before the limits do. */
  public enum Retention {
    /** Nothing. */
    LIMITS,
    /**
     * The acknowledgements of all consumers that deliver the message. A message that no consumer
     * delivers is acknowledged to its publisher and not stored.
     */
    INTEREST,
    /** The acknowledgement of the one consumer that may deliver it. */
    WORK_QUEUE
  }

  /** What a full stream does with a new message. */
  public enum Discard {
    /** Stores it and removes the oldest ones. */
    OLD,
    /** Refuses it. */
    NEW
  }

  /** Collects a plan, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private String description = "";
    private List<String> subjects = List.of();
    private Storage storage = Storage.FILE;
    private Retention retention = Retention.LIMITS;
    private Duration maxAge = Duration.ZERO;
    private Optional<Long> maxMessages = Optional.empty();
    private Optional<Long> maxBytes = Optional.empty();
    private Optional<Integer> maxMessageBytes = Optional.empty();
    private boolean replicated = true;
    private Discard discard = Discard.OLD;
    private Duration duplicateWindow = Duration.ofMinutes(2);
    private boolean allowRollup;
    private Optional<String> placementCluster = Optional.empty();
    private List<String> placementTags = List.of();

    private Builder(String name) {
      this.name = name;
    }

    private Builder(Builder from) {
      this.name = from.name;
      this.description = from.description;
      this.subjects = from.subjects;
      this.storage = from.storage;
      this.retention = from.retention;
      this.maxAge = from.maxAge;
      this.maxMessages = from.maxMessages;
      this.maxBytes = from.maxBytes;
      this.maxMessageBytes = from.maxMessageBytes;
      this.replicated = from.replicated;
      this.discard = from.discard;
      this.duplicateWindow = from.duplicateWindow;
      this.allowRollup = from.allowRollup;
      this.placementCluster = from.placementCluster;
      this.placementTags = from.placementTags;
    }

    /** Sets {@link StreamPlan#description()}. */
    public Builder description(String value) {
      this.description = value;
      return this;
    }

    /** Sets {@link StreamPlan#subjects()}: at least one. */
    public Builder subjects(List<String> values) {
      Rules.that(!values.isEmpty(), "stream " + name + " has no subjects; give at least one");
      values.forEach(subject -> Rules.filter("a subject of stream " + name, subject));
      this.subjects = List.copyOf(values);
      return this;
    }

    /** Sets {@link StreamPlan#storage()}. */
    public Builder storage(Storage value) {
      this.storage = value;
      return this;
    }

    /** Sets {@link StreamPlan#retention()}. */
    public Builder retention(Retention value) {
      this.retention = value;
      return this;
    }

    /** Sets {@link StreamPlan#maxAge()}: zero, or at least 100 ms, the least that NATS takes. */
    public Builder maxAge(Duration value) {
      Rules.that(
          value.isZero() || value.compareTo(Duration.ofMillis(100)) >= 0,
          name + ".maxAge is " + value + "; give zero for no limit, or at least 100 ms");
      this.maxAge = value;
      return this;
    }

    /** Sets {@link StreamPlan#maxMessages()}. */
    public Builder maxMessages(long value) {
      Rules.atLeast(name + ".maxMessages", 1, value);
      this.maxMessages = Optional.of(value);
      return this;
    }

    /** Sets {@link StreamPlan#maxBytes()}. */
    public Builder maxBytes(long value) {
      Rules.atLeast(name + ".maxBytes", 1024, value);
      this.maxBytes = Optional.of(value);
      return this;
    }

    /** Sets {@link StreamPlan#maxMessageBytes()}. */
    public Builder maxMessageBytes(int value) {
      Rules.atLeast(name + ".maxMessageBytes", 1024, value);
      this.maxMessageBytes = Optional.of(value);
      return this;
    }

    /** Sets {@link StreamPlan#replicated()}. */
    public Builder replicated(boolean value) {
      this.replicated = value;
      return this;
    }

    /** Sets {@link StreamPlan#discard()}. */
    public Builder discard(Discard value) {
      this.discard = value;
      return this;
    }

    /** Sets {@link StreamPlan#duplicateWindow()}. The server refuses one over {@code maxAge}. */
    public Builder duplicateWindow(Duration value) {
      Rules.that(
          value.compareTo(Duration.ofMillis(100)) >= 0,
          name + ".duplicateWindow is " + value + "; give at least 100 ms");
      this.duplicateWindow = value;
      return this;
    }

    /** Sets {@link StreamPlan#allowRollup()}. */
    public Builder allowRollup(boolean value) {
      this.allowRollup = value;
      return this;
    }

    /** Sets {@link StreamPlan#placementCluster()} and {@link StreamPlan#placementTags()}. */
    public Builder placement(String cluster, String... tags) {
      this.placementCluster = Optional.of(cluster);
      this.placementTags = List.of(tags);
      return this;
    }

    /**
     * Returns the plan.
     *
     * @throws IllegalArgumentException when values do not fit together
     */
    public StreamPlan build() {
      Rules.that(
          maxAge.isZero() || duplicateWindow.compareTo(maxAge) <= 0,
          name
              + ".duplicateWindow is "
              + duplicateWindow
              + ", over maxAge "
              + maxAge
              + "; NATS refuses that: give at most maxAge");
      return new StreamPlan(new Builder(this));
    }
  }
}
