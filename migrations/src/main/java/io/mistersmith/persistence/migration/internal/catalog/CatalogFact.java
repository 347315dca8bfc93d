package io.mistersmith.persistence.migration.internal.catalog;

import java.util.Set;

/**
 * One thing that the catalog says.
 *
 * @param kind for example "column"
 * @param schema the schema, or "" for what lies in none
 * @param object the table, function or type that it belongs to, or ""
 * @param part which part of the object, or ""
 * @param definition all that is to be compared
 */
record CatalogFact(String kind, String schema, String object, String part, String definition) {
  private static final Set<String> OF_AN_OBJECT =
      Set.of(
          "column", "constraint", "index", "statistics", "trigger", "rule", "policy", "privilege");

  /** Whether it goes with its object, so that it needs no mention where that one is missing. */
  boolean goesWithItsObject() {
    return OF_AN_OBJECT.contains(kind);
  }

  /** The subject of the fact; two databases' facts of the same subject are compared. */
  String subject() {
    StringBuilder subject = new StringBuilder(kind);
    if (!schema.isEmpty() || !object.isEmpty()) {
      subject.append(' ').append(schema);
      if (!schema.isEmpty() && !object.isEmpty()) {
        subject.append('.');
      }
      subject.append(object);
    }
    if (!part.isEmpty()) {
      subject.append(": ").append(part);
    }
    return subject.toString();
  }

  /** The schema-qualified name of what it belongs to. */
  String qualifiedObject() {
    return schema + "." + object;
  }
}
