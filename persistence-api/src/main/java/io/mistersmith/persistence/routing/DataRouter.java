package io.mistersmith.persistence.routing;

import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StorageLayer;
import java.util.EnumMap;
import java.util.Map;

/**
 * Decides which layer is written first for a type of data (seed section 1.2). Immutable and
 * thread-safe.
 */
public final class DataRouter {

  private static final DataRouter STANDARD = new DataRouter(Map.of());

  private final Map<DataType, StorageLayer> overrides;

  private DataRouter(Map<DataType, StorageLayer> overrides) {
    this.overrides = overrides;
  }

  /** The router that follows {@link DataType#primaryLayer()}. */
  public static DataRouter standard() {
    return STANDARD;
  }

  /** A router like this one, but with another layer for one type. */
  public DataRouter withOverride(DataType type, StorageLayer layer) {
    Map<DataType, StorageLayer> copy = new EnumMap<>(DataType.class);
    copy.putAll(overrides);
    copy.put(type, layer);
    return new DataRouter(copy);
  }

  /** The layer that is written first for this type. */
  public StorageLayer selectStorage(DataType type) {
    return overrides.getOrDefault(type, type.primaryLayer());
  }
}
