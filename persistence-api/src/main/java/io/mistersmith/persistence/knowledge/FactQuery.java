package io.mistersmith.persistence.knowledge;

import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;

/**
 * Selects facts: those that meet every condition, in the order of their ids, a page at a time. It
 * selects what holds at the time of the call by the database's clock, unless {@link #validAt} or
 * {@link #ofAllTimes} says otherwise. Immutable: each {@code with} returns a copy.
 */
public final class FactQuery {

  /** The largest page. */
  public static final int MAX_LIMIT = 1_000;

  private static final FactQuery ALL = new FactQuery();

  private Optional<String> entityType = Optional.empty();
  private Optional<String> entityId = Optional.empty();
  private Optional<String> predicate = Optional.empty();
  private Optional<String> objectType = Optional.empty();
  private Optional<AgentId> source = Optional.empty();
  private OptionalDouble confidence = OptionalDouble.empty();
  private Optional<Object> part = Optional.empty();
  private Optional<String> words = Optional.empty();
  private Optional<Instant> validAt = Optional.empty();
  private boolean ofAllTimes;
  private Optional<UUID> after = Optional.empty();
  private int limit = 100;

  private FactQuery() {}

  private FactQuery(FactQuery other) {
    entityType = other.entityType;
    entityId = other.entityId;
    predicate = other.predicate;
    objectType = other.objectType;
    source = other.source;
    confidence = other.confidence;
    part = other.part;
    words = other.words;
    validAt = other.validAt;
    ofAllTimes = other.ofAllTimes;
    after = other.after;
    limit = other.limit;
  }

  /** Returns a query of all facts that hold, in pages of 100. */
  public static FactQuery all() {
    return ALL;
  }

  /** Returns a query of the facts about one entity. */
  public static FactQuery about(String entityType, String entityId) {
    FactQuery query = ALL.withEntityType(entityType);
    query.entityId = Optional.of(FactText.check("entity id", entityId, 255));
    return query;
  }

  /** Returns a copy that selects facts about entities of this kind alone. */
  public FactQuery withEntityType(String type) {
    FactQuery copy = new FactQuery(this);
    copy.entityType = Optional.of(FactText.check("entity type", type, 100));
    return copy;
  }

  /** Returns a copy that selects facts with this predicate alone. */
  public FactQuery withPredicate(String newPredicate) {
    FactQuery copy = new FactQuery(this);
    copy.predicate = Optional.of(FactText.check("predicate", newPredicate, 255));
    return copy;
  }

  /** Returns a copy that selects facts alone whose object has this type. */
  public FactQuery withObjectType(String type) {
    FactQuery copy = new FactQuery(this);
    copy.objectType = Optional.of(FactText.check("object type", type, 50));
    return copy;
  }

  /** Returns a copy that selects facts alone that this agent has found. */
  public FactQuery withSource(AgentId agent) {
    FactQuery copy = new FactQuery(this);
    copy.source = Optional.of(agent.requireRegistered("sources of facts"));
    return copy;
  }

  /** Returns a copy that selects facts alone that are at least so certain. */
  public FactQuery withConfidence(double least) {
    FactQuery copy = new FactQuery(this);
    copy.confidence = OptionalDouble.of(least);
    return copy;
  }

  /**
   * Returns a copy that selects facts alone whose object contains this JSON, as {@link
   * io.mistersmith.persistence.state.StateQuery#withPart} has it.
   */
  public FactQuery containing(Object newPart) {
    FactQuery copy = new FactQuery(this);
    copy.part = Optional.of(Objects.requireNonNull(newPart, "part"));
    return copy;
  }

  /**
   * Returns a copy that selects facts alone whose objects have all of these words in their texts,
   * in any order. Words are compared in the language that the migrations were applied with.
   *
   * @throws IllegalArgumentException when it is blank, or no text that PostgreSQL can hold
   */
  public FactQuery matching(String newWords) {
    FactQuery copy = new FactQuery(this);
    copy.words = Optional.of(words(newWords));
    return copy;
  }

  static String words(String words) {
    if (words.isBlank()) {
      throw new IllegalArgumentException("words are blank; give one at least");
    }
    return FactText.storable("words", words);
  }

  /** Returns a copy that selects what holds at this time. */
  public FactQuery validAt(Instant time) {
    FactQuery copy = new FactQuery(this);
    copy.validAt = Optional.of(time.truncatedTo(ChronoUnit.MICROS));
    copy.ofAllTimes = false;
    return copy;
  }

  /** Returns a copy that selects facts whenever they hold: past, present and future ones. */
  public FactQuery ofAllTimes() {
    FactQuery copy = new FactQuery(this);
    copy.validAt = Optional.empty();
    copy.ofAllTimes = true;
    return copy;
  }

  /** Returns a copy for the page that comes after a fact: the last one of the page before. */
  public FactQuery after(UUID fact) {
    FactQuery copy = new FactQuery(this);
    copy.after = Optional.of(fact);
    return copy;
  }

  /**
   * Returns a copy with pages of at most this many facts (100 at first).
   *
   * @throws IllegalArgumentException when it is less than 1 or more than {@value #MAX_LIMIT}
   */
  public FactQuery withLimit(int most) {
    if (most < 1 || most > MAX_LIMIT) {
      throw new IllegalArgumentException("a page of " + most + " facts: ask for 1 to " + MAX_LIMIT);
    }
    FactQuery copy = new FactQuery(this);
    copy.limit = most;
    return copy;
  }

  /** Returns the kind of the entities, where only one is selected. */
  public Optional<String> entityType() {
    return entityType;
  }

  /** Returns the entity's id, where only one entity is selected. */
  public Optional<String> entityId() {
    return entityId;
  }

  /** Returns the predicate, where only one is selected. */
  public Optional<String> predicate() {
    return predicate;
  }

  /** Returns the type of the objects, where only one is selected. */
  public Optional<String> objectType() {
    return objectType;
  }

  /** Returns the agent that found the facts, where only one's are selected. */
  public Optional<AgentId> source() {
    return source;
  }

  /** Returns how certain the facts are at least. */
  public OptionalDouble confidence() {
    return confidence;
  }

  /** Returns what the objects must contain. */
  public Optional<Object> part() {
    return part;
  }

  /** Returns the words that the objects must have. */
  public Optional<String> words() {
    return words;
  }

  /** Returns when the facts must hold; empty for the time of the call, or for all times. */
  public Optional<Instant> validAt() {
    return validAt;
  }

  /** Whether facts are selected whenever they hold. */
  public boolean isOfAllTimes() {
    return ofAllTimes;
  }

  /** Returns the fact that the page comes after; empty for the first page. */
  public Optional<UUID> after() {
    return after;
  }

  /** Returns how many facts the page has at most. */
  public int limit() {
    return limit;
  }
}
