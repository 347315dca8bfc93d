package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A provenance as its two columns have it, {@code hybrid_time} and {@code vector_clock}. */
final class SqlProvenance {

  private SqlProvenance() {}

  static Optional<Provenance> get(ResultSet row) throws SQLException {
    String time = row.getString("hybrid_time");
    String clock = row.getString("vector_clock");
    return time == null || clock == null
        ? Optional.empty()
        : Optional.of(new Provenance(HybridTimestamp.parse(time), VectorClock.parse(clock)));
  }

  static @Nullable String time(Optional<Provenance> provenance) {
    return provenance.map(from -> from.timestamp().toString()).orElse(null);
  }

  static @Nullable String clock(Optional<Provenance> provenance) {
    return provenance.map(from -> from.clock().toString()).orElse(null);
  }
}
