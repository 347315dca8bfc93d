package io.mistersmith.persistence.state;

import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * A type of entries: its name, where it is kept, and how it is mapped to JSON. A named type has a
 * key space of its own: two types of one owner may use the same keys, and listings and watches of
 * one never meet the other's entries. The name is part of the stored keys, so it must not change,
 * and all processes must use it for the same type. Untyped entries have no name and share the keys
 * of their owner. Immutable; each method that sets something returns a copy.
 *
 * @param <T> the type of the entries
 */
public final class StateType<T> {

  private final String name;
  private final Type type;
  private final DataType dataType;
  private final Optional<JsonCodec<T>> codec;
  private final Optional<ConflictRules<T>> rules;
  private final Optional<Duration> timeToLive;

  private StateType(
      String name,
      Type type,
      DataType dataType,
      Optional<JsonCodec<T>> codec,
      Optional<ConflictRules<T>> rules,
      Optional<Duration> timeToLive) {
    this.name = name;
    this.type = type;
    this.dataType = dataType;
    this.codec = codec;
    this.rules = rules;
    this.timeToLive = timeToLive;
  }

  private static <T> StateType<T> mapped(String name, Type type) {
    return new StateType<>(
        name, type, DataType.AGENT_STATE, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * Returns the type of {@link DataType#AGENT_STATE} with this name, mapped to JSON by its fields.
   *
   * @param name 1 to 64 letters (A-Z, a-z), digits, {@code _} and {@code -}, not beginning with
   *     {@code _}
   * @throws NonTransientPersistenceException with {@link DataError#INVALID_KEY} for any other name
   */
  public static <T> StateType<T> of(String name, Class<T> type) {
    return mapped(checked(name), type);
  }

  /**
   * Returns the type of {@link DataType#AGENT_STATE} with this name, mapped to JSON by its fields
   * and type arguments, such as {@code new Token<List<Step>>() {}}.
   *
   * @param name as for {@link #of(String, Class)}
   * @throws NonTransientPersistenceException with {@link DataError#INVALID_KEY} for any other name
   */
  public static <T> StateType<T> of(String name, Token<T> type) {
    return mapped(checked(name), type.type);
  }

  /**
   * Returns the type of the {@link DataType#AGENT_STATE} that has no name, mapped to JSON by its
   * fields. All untyped entries of an owner share its keys.
   */
  public static <T> StateType<T> untyped(Class<T> type) {
    return mapped(StateKey.UNTYPED, type);
  }

  /** Returns what {@link #untyped(Class)} does, mapped with the token's type arguments. */
  public static <T> StateType<T> untyped(Token<T> type) {
    return mapped(StateKey.UNTYPED, type.type);
  }

  private static String checked(String name) {
    if (!StateKey.isTypeName(name)) {
      throw new NonTransientPersistenceException(
          DataError.INVALID_KEY,
          "state type '"
              + name
              + "': a name is 1 to 64 of the letters A-Z, a-z, digits, _ and -, not _ first");
    }
    return name;
  }

  /**
   * Returns this type, kept as data of another type. {@link DataType#AGENT_STATE} is flushed to
   * PostgreSQL; {@link DataType#SESSION_DATA} lives in KV alone, so its entries are never flushed.
   */
  public StateType<T> in(DataType other) {
    return new StateType<>(name, type, other, codec, rules, timeToLive);
  }

  /** Returns this type, mapped by the application's codec. */
  public StateType<T> withCodec(JsonCodec<T> own) {
    return new StateType<>(name, type, dataType, Optional.of(own), rules, timeToLive);
  }

  /**
   * Returns this type with rules for conflicts: a save that meets a version which its caller had
   * not seen (see {@link SaveOptions#basedOn}) asks the rules, and stores their answer by
   * compare-and-set. Its versions carry the time and the clock of their writers through both
   * stores. All processes that write the entries must use the same rules.
   */
  public StateType<T> withRules(ConflictRules<T> conflicts) {
    return new StateType<>(name, type, dataType, codec, Optional.of(conflicts), timeToLive);
  }

  /**
   * Returns this type with a time to live for each save whose options have none.
   *
   * @throws IllegalArgumentException when it is not positive
   */
  public StateType<T> withTimeToLive(Duration each) {
    if (each.isNegative() || each.isZero()) {
      throw new IllegalArgumentException("timeToLive is " + each + "; give a positive duration");
    }
    return new StateType<>(name, type, dataType, codec, rules, Optional.of(each));
  }

  /** Returns the name; {@link StateKey#UNTYPED} for untyped entries. */
  public String name() {
    return name;
  }

  /** Returns the Java type of the entries, with its type arguments. */
  public Type type() {
    return type;
  }

  /** Returns the type of data that decides where the entries are kept. */
  public DataType dataType() {
    return dataType;
  }

  /** Returns the application's codec; empty for the mapping by fields. */
  public Optional<JsonCodec<T>> codec() {
    return codec;
  }

  /** Returns the rules for conflicts, if there are any. */
  public Optional<ConflictRules<T>> rules() {
    return rules;
  }

  /** Returns the time to live of saves whose options have none. */
  public Optional<Duration> timeToLive() {
    return timeToLive;
  }

  @Override
  public String toString() {
    return "StateType " + name + " in " + dataType;
  }

  /**
   * Captures a type with its type arguments: {@code new Token<Map<String, Step>>() {}}, as an
   * anonymous subclass. Immutable.
   *
   * @param <T> the type
   */
  public abstract static class Token<T> {

    private final Type type;

    /**
     * Captures the type argument of the subclass.
     *
     * @throws IllegalArgumentException when it has none, or one that is or has a type variable,
     *     which the program does not know when it runs
     */
    protected Token() {
      if (!(getClass().getGenericSuperclass() instanceof ParameterizedType self)
          || self.getRawType() != Token.class
          || hasVariable(self.getActualTypeArguments()[0])) {
        throw new IllegalArgumentException(
            getClass().getName() + " names no type; write new Token<List<Step>>() {}");
      }
      this.type = self.getActualTypeArguments()[0];
    }

    private static boolean hasVariable(Type type) {
      if (type instanceof ParameterizedType parameterized) {
        return Arrays.stream(parameterized.getActualTypeArguments()).anyMatch(Token::hasVariable);
      }
      return type instanceof TypeVariable
          || (type instanceof GenericArrayType array
              && hasVariable(array.getGenericComponentType()));
    }
  }
}
