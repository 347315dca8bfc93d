package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.offset;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;

/** The contract of the functions for embeddings, with pgvector or without. */
abstract class EmbeddingsContract {
  static final int DIMENSIONS = 8;

  abstract TestDatabase database();

  @BeforeEach
  void empty() throws SQLException {
    database().execute("TRUNCATE knowledge.facts CASCADE");
  }

  @Test
  void theNearestComeFirst() throws Exception {
    UUID same = store("m", vector(1, 0));
    UUID near = store("m", vector(1, 1));
    UUID far = store("m", vector(-1, 0));
    store("other", vector(1, 0));
    assertThat(search("m", vector(2, 0), 10)).containsExactly(same, near, far);
    assertThat(search("m", vector(2, 0), 2)).containsExactly(same, near);
    assertThat(distances("m", vector(2, 0))[0]).isEqualTo(0, offset(1e-6));
    assertThat(distances("m", vector(2, 0))[1]).isEqualTo(1 - Math.sqrt(0.5), offset(1e-6));
    assertThat(distances("m", vector(2, 0))[2]).isEqualTo(2, offset(1e-6));
  }

  @Test
  void aFactHasOneEmbeddingOfAModelAndVersion() throws Exception {
    UUID fact = fact();
    store(fact, "m", vector(1, 0), "old");
    store(fact, "m", vector(0, 1), "new");
    assertThat(
            database()
                .query(
                    "SELECT text_content || ' ' || (content_hash ="
                        + " encode(sha256(convert_to('new', 'UTF8')), 'hex'))"
                        + " FROM knowledge.embeddings"))
        .containsExactly("new true");
    assertThat(distances("m", vector(0, 1))[0]).isEqualTo(0, offset(1e-6));
  }

  @Test
  void aVectorOfAnotherLengthIsRefused() throws Exception {
    store("m", vector(1, 0));
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> store("m", new Float[] {1f, 0f}))
        .withMessageContaining("p_vector has 2 dimensions, but embeddings of m 1 have 8")
        .matches(e -> "22023".equals(e.getSQLState()));
    assertThat(search("m", new Float[] {1f, 0f}, 10)).isEmpty();
  }

  @Test
  void aVectorThatPointsNowhereIsRefused() throws Exception {
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> store("m", vector(0, 0)))
        .withMessageContaining("not zero");
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> search("m", vector(0, 0), 1))
        .withMessageContaining("not zero");
  }

  /** Returns how many of the ten that were found are among the ten nearest by distance. */
  @Test
  void nearlyAllOfTheNearestAreFound() throws Exception {
    Random random = new Random(42);
    List<Float[]> centres = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      centres.add(noise(random, new Float[DIMENSIONS], 5));
    }
    List<Float[]> all = new ArrayList<>();
    List<UUID> ids = new ArrayList<>();
    try (Connection connection = database().connect()) {
      connection.setAutoCommit(false);
      for (int i = 0; i < 2_000; i++) {
        Float[] vector = noise(random, centres.get(i % 20), 1);
        all.add(vector);
        ids.add(store(connection, fact(connection), "m", vector, "text"));
      }
      connection.commit();
    }
    int found = 0;
    for (int q = 0; q < 20; q++) {
      Float[] query = noise(random, centres.get(q), 1);
      List<UUID> nearest =
          IntStream.range(0, all.size())
              .boxed()
              .sorted(
                  (a, b) ->
                      Double.compare(distance(all.get(a), query), distance(all.get(b), query)))
              .limit(10)
              .map(ids::get)
              .toList();
      List<UUID> answer = search("m", query, 10);
      assertThat(answer).hasSize(10);
      found += (int) answer.stream().filter(nearest::contains).count();
    }
    assertThat(found).isGreaterThanOrEqualTo(190);
  }

  private static Float[] noise(Random random, Float[] centre, double width) {
    Float[] vector = new Float[DIMENSIONS];
    for (int i = 0; i < DIMENSIONS; i++) {
      double base = centre[i] == null ? 0 : centre[i];
      vector[i] = (float) (base + random.nextGaussian() * width);
    }
    return vector;
  }

  private static double distance(Float[] a, Float[] b) {
    double product = 0;
    double lengthA = 0;
    double lengthB = 0;
    for (int i = 0; i < DIMENSIONS; i++) {
      product += (double) a[i] * b[i];
      lengthA += (double) a[i] * a[i];
      lengthB += (double) b[i] * b[i];
    }
    return 1 - product / Math.sqrt(lengthA * lengthB);
  }

  static Float[] vector(float first, float second) {
    Float[] vector = new Float[DIMENSIONS];
    Arrays.fill(vector, 0f);
    vector[0] = first;
    vector[1] = second;
    return vector;
  }

  private UUID fact() throws SQLException {
    try (Connection connection = database().connect()) {
      return fact(connection);
    }
  }

  private static UUID fact(Connection connection) throws SQLException {
    try (PreparedStatement statement =
            connection.prepareStatement(
                "INSERT INTO knowledge.facts"
                    + " (entity_type, entity_id, predicate, object_value, object_type)"
                    + " VALUES ('city', gen_random_uuid()::text, 'is', '\"big\"', 'text')"
                    + " RETURNING fact_id");
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getObject(1, UUID.class);
    }
  }

  private UUID store(String model, Float[] vector) throws SQLException {
    return store(fact(), model, vector, "text");
  }

  private UUID store(UUID fact, String model, Float[] vector, String text) throws SQLException {
    try (Connection connection = database().connect()) {
      return store(connection, fact, model, vector, text);
    }
  }

  private static UUID store(
      Connection connection, UUID fact, String model, Float[] vector, String text)
      throws SQLException {
    Array array = connection.createArrayOf("float4", vector);
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT knowledge.store_embedding(?, ?, '1', ?, ?)")) {
      statement.setObject(1, fact);
      statement.setString(2, model);
      statement.setArray(3, array);
      statement.setString(4, text);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getObject(1, UUID.class);
      }
    }
  }

  private List<UUID> search(String model, Float[] query, int limit) throws SQLException {
    List<UUID> found = new ArrayList<>();
    search(model, query, limit, row -> found.add(row.getObject("embedding_id", UUID.class)));
    return found;
  }

  private double[] distances(String model, Float[] query) throws SQLException {
    List<Double> found = new ArrayList<>();
    search(model, query, 10, row -> found.add(row.getDouble("distance")));
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private interface Row {
    void read(ResultSet row) throws SQLException;
  }

  private void search(String model, Float[] query, int limit, Row each) throws SQLException {
    try (Connection connection = database().connect();
        PreparedStatement statement =
            connection.prepareStatement("SELECT * FROM knowledge.search_similar(?, ?, '1', ?)")) {
      statement.setArray(1, connection.createArrayOf("float4", query));
      statement.setString(2, model);
      statement.setInt(3, limit);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          each.read(rows);
        }
      }
    }
  }
}
