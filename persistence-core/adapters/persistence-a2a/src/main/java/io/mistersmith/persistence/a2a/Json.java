package io.mistersmith.persistence.a2a;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.a2a.jsonrpc.common.json.JsonProcessingException;
import io.a2a.jsonrpc.common.json.JsonUtil;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;

/** The JSON of tasks, messages and configurations, by the SDK's own mapper. */
final class Json {

  private Json() {}

  static String of(Object value) {
    try {
      return JsonUtil.toJson(value);
    } catch (JsonProcessingException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          "a " + value.getClass().getSimpleName() + " cannot be written as JSON",
          e);
    }
  }

  static <T> T parse(String json, Class<T> type) {
    try {
      return JsonUtil.fromJson(json, type);
    } catch (JsonProcessingException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, "the entry is no " + type.getSimpleName() + " of A2A", e);
    }
  }

  static JsonObject object(String json) {
    return JsonParser.parseString(json).getAsJsonObject();
  }
}
