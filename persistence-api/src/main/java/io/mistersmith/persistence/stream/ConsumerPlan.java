package io.mistersmith.persistence.stream;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The settings of a consumer, as data: which messages of a stream it delivers, and what happens
 * when they are not acknowledged. Immutable; {@link #durable} and {@link #ephemeral} make one,
 * {@link #toBuilder} a changed copy.
 *
 * <p>A durable consumer remembers what was acknowledged, and shares its messages among all
 * processes that consume it. An ephemeral one belongs to one {@link StreamConsumer} and ends with
 * it.
 */
public final class ConsumerPlan {

  private final Builder values;

  private ConsumerPlan(Builder values) {
    this.values = values;
  }

  /**
   * Returns a builder for a durable consumer of all messages, with acknowledgements.
   *
   * @param stream the stream's name, without prefix
   * @param name letters, digits, {@code _} and {@code -}
   */
  public static Builder durable(String stream, String name) {
    return new Builder(
        Rules.name("stream name", stream), Optional.of(Rules.name("consumer name", name)));
  }

  /**
   * Returns a builder for an ephemeral consumer of new messages, without acknowledgements.
   *
   * @param stream the stream's name, without prefix
   */
  public static Builder ephemeral(String stream) {
    return new Builder(Rules.name("stream name", stream), Optional.empty())
        .acknowledgement(Acknowledgement.NONE)
        .start(Start.newMessages());
  }

  /**
   * Returns the plan of task-processor: handles each started task, three times at most, with 30
   * seconds for each attempt.
   *
   * <p>At most 100 messages are under way, which bounds what one handler slower than the stream
   * receives. There is no limit of 1,000 messages a second: NATS' {@code rate_limit} counts bits,
   * and is refused for a consumer that is pulled from.
   */
  public static ConsumerPlan taskProcessor() {
    return durable("TASK_EXECUTION", "task-processor")
        .description("Processes task execution events")
        .filter("tasks.started.>")
        .ackWait(Duration.ofSeconds(30))
        .maxDeliver(3)
        .maxAckPending(100)
        .build();
  }

  /**
   * Returns the plan of the monitoring consumer: ephemeral, without acknowledgements, first the
   * last message of each subject of agents' state and then every new one.
   *
   * <p>NATS' policy {@code last} would deliver one message of the whole stream. What is meant is
   * the last one of each subject, which needs a filter: {@code agents.state.>}.
   */
  public static ConsumerPlan monitoring() {
    return ephemeral("AGENT_STATE")
        .description("Real-time monitoring of agent state changes")
        .filter("agents.state.>")
        .start(Start.lastOfEachSubject())
        .build();
  }

  /**
   * Returns the plan of message-batch-processor: handles each message between agents, five times at
   * most, with 60 seconds for each attempt; fetches up to 100 messages or 1 MiB at a time, and
   * waits up to 30 seconds for them.
   */
  public static ConsumerPlan messageBatchProcessor() {
    return durable("AGENT_MESSAGES", "message-batch-processor")
        .description("Batch processing of agent messages")
        .ackWait(Duration.ofSeconds(60))
        .maxDeliver(5)
        .maxBatch(100)
        .maxBatchBytes(1024 * 1024)
        .maxWait(Duration.ofSeconds(30))
        .build();
  }

  /** Returns a builder that starts from this plan. */
  public Builder toBuilder() {
    return new Builder(values);
  }

  /** Returns the stream's name, without prefix. */
  public String stream() {
    return values.stream;
  }

  /** Returns the name of a durable consumer; empty for an ephemeral one. */
  public Optional<String> name() {
    return values.name;
  }

  /** Returns the description for operators; empty for none. */
  public String description() {
    return values.description;
  }

  /** Returns the subjects of the messages that it delivers; empty for all of the stream. */
  public Optional<String> filter() {
    return values.filter;
  }

  /** Returns where it starts when it is created. */
  public Start start() {
    return values.start;
  }

  /** Returns whether messages are acknowledged. */
  public Acknowledgement acknowledgement() {
    return values.acknowledgement;
  }

  /** Returns how long the server waits for an acknowledgement before it delivers again. */
  public Duration ackWait() {
    return values.ackWait;
  }

  /**
   * Returns how often a message is delivered at most before it becomes a dead letter. The library
   * counts, not the server: the server would keep silent about a message whose last attempt ended
   * with its process.
   */
  public int maxDeliver() {
    return values.maxDeliver;
  }

  /** Returns how many messages may be delivered and not acknowledged, over all processes. */
  public int maxAckPending() {
    return values.maxAckPending;
  }

  /**
   * Returns how long a failed message waits before its second attempt, its third, and so on; the
   * last value counts for all later ones.
   */
  public List<Duration> backOff() {
    return values.backOff;
  }

  /** Returns the most messages that one process holds. */
  public int maxBatch() {
    return values.maxBatch;
  }

  /** Returns the most bytes that are fetched at a time. A single larger message is fetched too. */
  public int maxBatchBytes() {
    return values.maxBatchBytes;
  }

  /** Returns how long a request for messages waits at the server. */
  public Duration maxWait() {
    return values.maxWait;
  }

  /** Prints stream, name and filter. */
  @Override
  public String toString() {
    return "ConsumerPlan["
        + stream()
        + " "
        + name().orElse("ephemeral")
        + filter().map(subject -> " " + subject).orElse("")
        + "]";
  }

  /** Whether messages are acknowledged. */
  public enum Acknowledgement {
    /** Each by itself. */
    EXPLICIT,
    /** None is: each is delivered at most once. */
    NONE
  }

  /** The first message that a new consumer delivers. */
  public sealed interface Start {

    /** Starts at the first message of the stream. */
    record All() implements Start {}

    /** Starts after the last message at that time. */
    record New() implements Start {}

    /** Starts with the last message of each subject, and goes on with new ones. */
    record LastOfEachSubject() implements Start {}

    /** Starts at the first message with this sequence or a higher one. */
    record Sequence(long sequence) implements Start {}

    /** Starts at the first message that was stored at this time or later. */
    record Time(Instant time) implements Start {}

    /** Returns the start at the first message. */
    static Start all() {
      return new All();
    }

    /** Returns the start after the last message. */
    static Start newMessages() {
      return new New();
    }

    /** Returns the start with the last message of each subject; the plan needs a filter. */
    static Start lastOfEachSubject() {
      return new LastOfEachSubject();
    }

    /** Returns the start at a sequence, at least 1. */
    static Start at(long sequence) {
      Rules.atLeast("start sequence", 1, sequence);
      return new Sequence(sequence);
    }

    /** Returns the start at a time. */
    static Start at(Instant time) {
      return new Time(time);
    }
  }

  /** Collects a plan, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private final String stream;
    private final Optional<String> name;
    private String description = "";
    private Optional<String> filter = Optional.empty();
    private Start start = Start.all();
    private Acknowledgement acknowledgement = Acknowledgement.EXPLICIT;
    private Duration ackWait = Duration.ofSeconds(30);
    private int maxDeliver = 5;
    private int maxAckPending = 1_000;
    private List<Duration> backOff =
        List.of(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(30));
    private int maxBatch = 100;
    private int maxBatchBytes = 1024 * 1024;
    private Duration maxWait = Duration.ofSeconds(30);

    private Builder(String stream, Optional<String> name) {
      this.stream = stream;
      this.name = name;
    }

    private Builder(Builder from) {
      this(from.stream, from.name);
      this.description = from.description;
      this.filter = from.filter;
      this.start = from.start;
      this.acknowledgement = from.acknowledgement;
      this.ackWait = from.ackWait;
      this.maxDeliver = from.maxDeliver;
      this.maxAckPending = from.maxAckPending;
      this.backOff = from.backOff;
      this.maxBatch = from.maxBatch;
      this.maxBatchBytes = from.maxBatchBytes;
      this.maxWait = from.maxWait;
    }

    /** Sets {@link ConsumerPlan#description()}. */
    public Builder description(String value) {
      this.description = value;
      return this;
    }

    /** Sets {@link ConsumerPlan#filter()}. */
    public Builder filter(String value) {
      this.filter = Optional.of(Rules.filter("the filter of a consumer of " + stream, value));
      return this;
    }

    /** Sets {@link ConsumerPlan#start()}. It counts when the consumer is created, not later. */
    public Builder start(Start value) {
      this.start = value;
      return this;
    }

    /** Sets {@link ConsumerPlan#acknowledgement()}. */
    public Builder acknowledgement(Acknowledgement value) {
      this.acknowledgement = value;
      return this;
    }

    /** Sets {@link ConsumerPlan#ackWait()}: at least 100 ms. */
    public Builder ackWait(Duration value) {
      Rules.that(
          value.compareTo(Duration.ofMillis(100)) >= 0,
          "ackWait is " + value + "; give at least 100 ms");
      this.ackWait = value;
      return this;
    }

    /** Sets {@link ConsumerPlan#maxDeliver()}. */
    public Builder maxDeliver(int value) {
      Rules.atLeast("maxDeliver", 1, value);
      this.maxDeliver = value;
      return this;
    }

    /** Sets {@link ConsumerPlan#maxAckPending()}. */
    public Builder maxAckPending(int value) {
      Rules.atLeast("maxAckPending", 1, value);
      this.maxAckPending = value;
      return this;
    }

    /** Sets {@link ConsumerPlan#backOff()}: one or more durations. */
    public Builder backOff(Duration... values) {
      Rules.that(values.length > 0, "backOff is empty; give at least one duration");
      for (Duration value : values) {
        Rules.positive("backOff", value);
      }
      this.backOff = List.of(values);
      return this;
    }

    /** Sets {@link ConsumerPlan#maxBatch()}. */
    public Builder maxBatch(int value) {
      Rules.atLeast("maxBatch", 1, value);
      this.maxBatch = value;
      return this;
    }

    /** Sets {@link ConsumerPlan#maxBatchBytes()}. */
    public Builder maxBatchBytes(int value) {
      Rules.atLeast("maxBatchBytes", 1024, value);
      this.maxBatchBytes = value;
      return this;
    }

    /** Sets {@link ConsumerPlan#maxWait()}: at least 1 s. */
    public Builder maxWait(Duration value) {
      Rules.that(
          value.compareTo(Duration.ofSeconds(1)) >= 0,
          "maxWait is " + value + "; give at least 1 s");
      this.maxWait = value;
      return this;
    }

    /**
     * Returns the plan.
     *
     * @throws IllegalArgumentException when values do not fit together
     */
    public ConsumerPlan build() {
      Rules.that(
          filter.isPresent() || !(start instanceof Start.LastOfEachSubject),
          "a consumer of " + stream + " starts with the last of each subject; give it a filter");
      return new ConsumerPlan(new Builder(this));
    }
  }
}
