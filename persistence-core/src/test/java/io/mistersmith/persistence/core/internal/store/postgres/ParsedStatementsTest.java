package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.ParsedSql;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatements;
import org.junit.jupiter.api.Test;

class ParsedStatementsTest {

  private static final String SQL = "SELECT * FROM agents.registry WHERE agent_id = :id";

  @Test
  void oneParsesForAll() {
    assertThat(parsed(SQL)).isSameAs(parsed(new String(SQL)));
    assertThat(parsed(SQL).getSql()).endsWith("agent_id = ?");
    assertThat(parsed(SQL).getParameters().getParameterNames()).containsExactly("id");
  }

  /** Parses as the Jdbi of a new pool does. */
  private static ParsedSql parsed(String sql) {
    Jdbi jdbi = Jdbi.create(ParsedStatementsTest::connection);
    ParsedStatements.install(jdbi);
    try (Handle handle = jdbi.open();
        Query query = handle.createQuery(sql)) {
      return query.getConfig(SqlStatements.class).getSqlParser().parse(sql, query.getContext());
    }
  }

  /** A connection that nothing is asked of. */
  private static Connection connection() {
    return (Connection)
        Proxy.newProxyInstance(
            ParsedStatementsTest.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> method.getReturnType() == boolean.class ? true : null);
  }
}
