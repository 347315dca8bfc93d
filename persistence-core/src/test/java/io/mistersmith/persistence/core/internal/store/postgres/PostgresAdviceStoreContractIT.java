package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.operations.Advice.MissingIndex;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.AdviceStore;
import io.mistersmith.persistence.testkit.contract.AdviceStoreContract;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract, kept by PostgreSQL. */
@Tag("contract")
class PostgresAdviceStoreContractIT extends AdviceStoreContract {

  private static final String RECOMMEND =
      """
      INSERT INTO monitoring.index_recommendations
             (schema_name, table_name, column_names, recommendation_reason, estimated_benefit)
      VALUES ('advised', 'orders', ARRAY['%s'], 'a test says so', 'Low')
      RETURNING recommendation_id
      """;

  private final PostgresFixture fixture = PostgresFixture.monitored();

  @Override
  protected StoresFixture fixture() {
    return fixture;
  }

  @BeforeEach
  void createTable() {
    fixture.execute(
        """
        DROP SCHEMA IF EXISTS advised CASCADE;
        CREATE SCHEMA advised;
        CREATE TABLE advised.orders (customer INT, note TEXT);
        INSERT INTO advised.orders SELECT n, 'note' FROM generate_series(1, 100) AS n;
        TRUNCATE monitoring.index_recommendations
        """);
  }

  @Override
  protected UUID recommend(String column, boolean buildable) {
    if (!buildable) {
      fixture.execute("CREATE TABLE advised.idx_orders_%s_auto ()".formatted(column));
    }
    return UUID.fromString(fixture.query(RECOMMEND.formatted(column)).get(0));
  }

  @Override
  protected void duplicate() {
    fixture.execute(
        """
        CREATE INDEX original ON advised.orders (customer);
        CREATE INDEX twin ON advised.orders (customer)
        """);
  }

  private <T> T whileOpen(Function<AdviceStore, T> work) {
    try (Stores stores = fixture.provider().open(fixture.config().build())) {
      return work.apply(stores.sql().advice());
    }
  }

  @Test
  void theOutcomeIsInTheTable() {
    UUID id = recommend("customer", true);
    String built = whileOpen(advice -> advice.implement(id));
    assertThat(
            fixture.query(
                """
                SELECT concat_ws(' ', r.status, r.index_name, r.attempted_at IS NOT NULL, i.indisvalid)
                  FROM monitoring.index_recommendations r
                  JOIN pg_index i ON i.indexrelid = ('advised.' || r.index_name)::regclass
                """))
        .containsExactly("implemented " + built + " t t");
  }

  @Test
  void theRoleOfMigrationsBuilds() {
    fixture.execute(
        """
        CREATE TABLE advised.builders (application TEXT);
        CREATE FUNCTION advised.note() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO advised.builders VALUES (current_setting('application_name'));
        END $$;
        CREATE EVENT TRIGGER note_builders ON ddl_command_start WHEN TAG IN ('CREATE INDEX')
          EXECUTE FUNCTION advised.note()
        """);
    UUID id = recommend("note", true);
    String built = whileOpen(advice -> advice.implement(id));
    assertThat(built).isEqualTo("idx_orders_note_auto");
    assertThat(fixture.query("SELECT application FROM advised.builders"))
        .containsExactly("persistence-migration");
  }

  @Test
  void aForeignKeyWithoutIndexIsRecommended() {
    fixture.execute(
        """
        CREATE TABLE advised.customers (id INT PRIMARY KEY);
        CREATE TABLE advised.bills (payer INT REFERENCES advised.customers)
        """);
    List<MissingIndex> missing =
        whileOpen(
            advice -> {
              advice.recommend();
              return advice.missing();
            });
    assertThat(missing)
        .filteredOn(index -> index.table().equals("advised.bills"))
        .singleElement()
        .satisfies(index -> assertThat(index.columns()).containsExactly("payer"));
  }

  @Test
  void withoutTheSetMonitoringEachCallSaysSo() {
    try (PostgresFixture plain = new PostgresFixture();
        var without = plain.provider().open(plain.config().build())) {
      assertThatThrownBy(() -> without.sql().advice().indexes())
          .hasMessageContaining("the set of migrations monitoring is not applied")
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED));
      assertThatThrownBy(() -> without.sql().advice().implement(UUID.randomUUID()))
          .hasMessageContaining("monitoring")
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED));
    }
  }
}
