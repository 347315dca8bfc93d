package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.statement.ParsedParameters;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/** A statement that the application wrote, with its parameters. */
final class ApplicationStatement {

  private final String sql;
  private final Map<String, ?> parameters;

  private ApplicationStatement(String sql, Map<String, ?> parameters) {
    this.sql = sql;
    this.parameters = parameters;
  }

  /**
   * Returns the statement.
   *
   * @throws IllegalArgumentException when the text is not one statement, or controls the
   *     transaction
   */
  static ApplicationStatement of(String sql, Map<String, ?> parameters) {
    StatementText.check(sql);
    return new ApplicationStatement(sql, parameters);
  }

  /** Returns the statement ready to run, for what it changes. */
  Update update(Handle handle) {
    return bound(handle.createUpdate(sql));
  }

  /** Returns the statement ready to run, for its rows. */
  Query query(Handle handle) {
    return bound(handle.createQuery(sql));
  }

  private <S extends SqlStatement<S>> S bound(S statement) {
    ParsedParameters parsed =
        statement
            .getConfig(SqlStatements.class)
            .getSqlParser()
            .parse(sql, statement.getContext())
            .getParameters();
    if (parsed.isPositional() && parsed.getParameterCount() > 0) {
      throw new IllegalArgumentException(
          "the statement has parameters as ?; name them, as in :name, and write an operator with a"
              + " question mark with two");
    }
    Set<String> named = new TreeSet<>(parsed.getParameterNames());
    if (!named.equals(parameters.keySet())) {
      throw new IllegalArgumentException(
          "the statement has the parameters "
              + named
              + ", and there are values for "
              + new TreeSet<>(parameters.keySet()));
    }
    parameters.forEach((name, value) -> bind(statement, name, value));
    return statement;
  }

  private static void bind(SqlStatement<?> statement, String name, Object value) {
    @Nullable Object plain = value instanceof Optional<?> optional ? optional.orElse(null) : value;
    if (plain == null) {
      statement.bindNull(name, Types.NULL);
    } else if (plain instanceof Collection<?> elements) {
      statement.bind(name, array(name, elements));
    } else if (plain instanceof Instant instant) {
      statement.bind(name, argument(instant.atOffset(ZoneOffset.UTC)));
    } else if (plain instanceof AgentId agent) {
      statement.bind(name, argument(agent.uuid()));
    } else if (plain instanceof Enum<?> constant) {
      statement.bind(name, argument(constant.name()));
    } else if (plain instanceof BigInteger number) {
      statement.bind(name, argument(new BigDecimal(number)));
    } else if (isSimple(plain)) {
      statement.bind(name, argument(plain));
    } else {
      throw unknown(name, plain);
    }
  }

  private static boolean isSimple(Object value) {
    return value instanceof String
        || value instanceof Number
        || value instanceof Boolean
        || value instanceof UUID
        || value instanceof LocalDate
        || value instanceof LocalDateTime
        || value instanceof byte[];
  }

  /** Past Jdbi's own conversions, which differ from the driver's in times. */
  private static Argument argument(Object value) {
    return (position, statement, context) -> statement.setObject(position, value);
  }

  private static Argument array(String name, Collection<?> elements) {
    Object[] values = elements.stream().map(ApplicationStatement::element).toArray();
    String type =
        elements.stream()
            .filter(Objects::nonNull)
            .findFirst()
            .map(first -> elementType(name, first))
            .orElse("text");
    return (position, statement, context) ->
        statement.setArray(position, statement.getConnection().createArrayOf(type, values));
  }

  private static @Nullable Object element(@Nullable Object value) {
    if (value instanceof Instant instant) {
      return SqlTime.text(instant);
    }
    return value instanceof AgentId agent ? agent.uuid() : value;
  }

  private static String elementType(String name, Object first) {
    if (first instanceof String) {
      return "text";
    } else if (first instanceof Long || first instanceof Integer || first instanceof Short) {
      return "int8";
    } else if (first instanceof Number) {
      return "numeric";
    } else if (first instanceof Boolean) {
      return "bool";
    } else if (first instanceof UUID || first instanceof AgentId) {
      return "uuid";
    } else if (first instanceof Instant) {
      return "timestamptz";
    }
    throw unknown(name, first);
  }

  private static IllegalArgumentException unknown(String name, Object value) {
    return new IllegalArgumentException(
        "parameter "
            + name
            + " is a "
            + value.getClass().getName()
            + "; see Transaction.update for the types there are");
  }
}
