package io.mistersmith.persistence.core.backup;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One request to an object store.
 *
 * @param method the HTTP method
 * @param key the object; empty for the bucket itself
 * @param query the parameters
 * @param headers the headers beside those of every request, with names in lower case
 * @param body the body; empty without one
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record S3Call(
    String method,
    String key,
    SortedMap<String, String> query,
    SortedMap<String, String> headers,
    byte[] body) {

  private static final byte[] NO_BODY = {};

  static S3Call of(String method, String key) {
    return new S3Call(method, key, new TreeMap<>(), new TreeMap<>(), NO_BODY);
  }

  S3Call query(String name, String value) {
    TreeMap<String, String> more = new TreeMap<>(query);
    more.put(name, value);
    return new S3Call(method, key, more, headers, body);
  }

  S3Call header(String name, String value) {
    TreeMap<String, String> more = new TreeMap<>(headers);
    more.put(name, value);
    return new S3Call(method, key, query, more, body);
  }

  S3Call body(byte[] bytes) {
    return new S3Call(method, key, query, headers, bytes);
  }
}
