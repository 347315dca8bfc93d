package io.mistersmith.persistence.knowledge;

import io.mistersmith.persistence.model.AgentId;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A statement about an entity: that its predicate has an object, from some time on. Immutable: each
 * {@code with} returns a copy.
 *
 * @param id names the fact; saved again under the same id, it replaces what was there
 * @param entityType the kind of the entity, 1 to 100 characters
 * @param entityId the entity among those of its kind, 1 to 255 characters
 * @param predicate what is stated, 1 to 255 characters
 * @param object the value, as JSON: a map, list, text, number or boolean, or what maps to these
 * @param objectType the type of the value, 1 to 50 characters
 * @param source the agent that found it; empty again when that agent is deleted
 * @param confidence how certain it is, 0 to 1, kept with two decimals
 * @param evidence what it is based on, as a JSON object
 * @param validFrom when it begins to hold, to the microsecond, from {@link #EARLIEST} on; empty in
 *     a fact that is saved for the database's time then
 * @param validUntil when it ceases to hold, up to {@link #LATEST}
 */
public record Fact(
    UUID id,
    String entityType,
    String entityId,
    String predicate,
    Object object,
    String objectType,
    Optional<AgentId> source,
    OptionalDouble confidence,
    Map<String, Object> evidence,
    Optional<Instant> validFrom,
    Optional<Instant> validUntil) {

  /** The earliest time that a fact can begin or end at. */
  public static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");

  /** The latest time that a fact can begin or end at. */
  public static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

  /** The types that {@link #of} gives to texts, numbers, booleans, lists and anything else. */
  private static String typeOf(Object object) {
    if (object instanceof CharSequence) {
      return "text";
    }
    if (object instanceof Number) {
      return "number";
    }
    if (object instanceof Boolean) {
      return "boolean";
    }
    return object instanceof Collection || object.getClass().isArray() ? "list" : "object";
  }

  /**
   * Checks what the table demands, and keeps a copy of the evidence.
   *
   * @throws IllegalArgumentException when it cannot be kept so
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     INVALID_KEY} when the source is an owner outside the registry
   */
  public Fact {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(object, "object");
    String unusedType = FactText.check("entity type", entityType, 100);
    String unusedId = FactText.check("entity id", entityId, 255);
    String unusedPredicate = FactText.check("predicate", predicate, 255);
    String unusedObjectType = FactText.check("object type", objectType, 50);
    source.ifPresent(agent -> agent.requireRegistered("sources of facts"));
    confidence = confidence.isEmpty() ? confidence : OptionalDouble.of(rounded(confidence));
    evidence = Map.copyOf(evidence);
    validFrom = validFrom.map(Fact::kept);
    validUntil = validUntil.map(Fact::kept);
    if (validFrom.isPresent() && validUntil.filter(validFrom.get()::isBefore).isEmpty()) {
      if (validUntil.isPresent()) {
        throw new IllegalArgumentException("fact " + id + " ends before it begins to hold");
      }
    }
  }

  private static Instant kept(Instant time) {
    Instant kept = time.truncatedTo(ChronoUnit.MICROS);
    if (kept.isBefore(EARLIEST) || kept.isAfter(LATEST)) {
      throw new IllegalArgumentException(
          "a fact holds from or up to " + time + ": give " + EARLIEST + " to " + LATEST);
    }
    return kept;
  }

  private static double rounded(OptionalDouble confidence) {
    double value = confidence.getAsDouble();
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("confidence is " + value + ": give 0 to 1");
    }
    return BigDecimal.valueOf(value).setScale(2, RoundingMode.HALF_UP).doubleValue();
  }

  /** Returns a fact with a new id that holds from the time on when it is saved. */
  public static Fact of(String entityType, String entityId, String predicate, Object object) {
    return new Fact(
        UUID.randomUUID(),
        entityType,
        entityId,
        predicate,
        object,
        typeOf(object),
        Optional.empty(),
        OptionalDouble.empty(),
        Map.of(),
        Optional.empty(),
        Optional.empty());
  }

  /** Returns a copy with this id: one of the application's own, such as a document's. */
  public Fact withId(UUID newId) {
    return with(copy -> copy.id = newId);
  }

  /** Returns a copy with this object, and the type of it that {@link #of} gives. */
  public Fact withObject(Object newObject) {
    return with(
        copy -> {
          copy.object = newObject;
          copy.objectType = typeOf(newObject);
        });
  }

  /** Returns a copy whose object has a type of the application's own. */
  public Fact withObjectType(String newType) {
    return with(copy -> copy.objectType = newType);
  }

  /** Returns a copy that this agent has found. */
  public Fact withSource(AgentId agent) {
    return with(copy -> copy.source = Optional.of(agent));
  }

  /** Returns a copy with this confidence, 0 to 1. */
  public Fact withConfidence(double newConfidence) {
    return with(copy -> copy.confidence = OptionalDouble.of(newConfidence));
  }

  /** Returns a copy with this evidence. */
  public Fact withEvidence(Map<String, Object> newEvidence) {
    return with(copy -> copy.evidence = newEvidence);
  }

  /** Returns a copy that holds from this time on. */
  public Fact withValidFrom(Instant time) {
    return with(copy -> copy.validFrom = Optional.of(time));
  }

  /** Returns a copy that holds up to this time, and no longer at it. */
  public Fact withValidUntil(Instant time) {
    return with(copy -> copy.validUntil = Optional.of(time));
  }

  /** A fact whose parts are changed. */
  private static final class Copy {
    private UUID id;
    private String entityType;
    private String entityId;
    private String predicate;
    private Object object;
    private String objectType;
    private Optional<AgentId> source;
    private OptionalDouble confidence;
    private Map<String, Object> evidence;
    private Optional<Instant> validFrom;
    private Optional<Instant> validUntil;

    Copy(Fact from) {
      this.id = from.id;
      this.entityType = from.entityType;
      this.entityId = from.entityId;
      this.predicate = from.predicate;
      this.object = from.object;
      this.objectType = from.objectType;
      this.source = from.source;
      this.confidence = from.confidence;
      this.evidence = from.evidence;
      this.validFrom = from.validFrom;
      this.validUntil = from.validUntil;
    }

    Fact made() {
      return new Fact(
          id,
          entityType,
          entityId,
          predicate,
          object,
          objectType,
          source,
          confidence,
          evidence,
          validFrom,
          validUntil);
    }
  }

  private Fact with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return copy.made();
  }
}
