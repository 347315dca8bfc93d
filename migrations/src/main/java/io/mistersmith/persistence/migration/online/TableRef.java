package io.mistersmith.persistence.migration.online;

/**
 * A table as the catalogs hold it.
 *
 * @param oid its object id
 * @param schema its schema
 * @param name its name
 * @param kind r for a plain one, p for a partitioned one
 */
record TableRef(long oid, String schema, String name, char kind) {
  boolean isPartitioned() {
    return kind == 'p';
  }

  /** Views, foreign tables and the like cannot have what is built here. */
  boolean canBeIndexed() {
    return kind == 'r' || kind == 'p' || kind == 'm';
  }

  @Override
  public String toString() {
    return schema + "." + name;
  }
}
