package dev.gatehouse.portal.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.portal.state.AuditEvent;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// An audit event as one line of JSON; what does not apply is left out.
final class AuditLine {
    private static final ObjectMapper JSON = new ObjectMapper();

    private AuditLine() {}

    static String of(AuditEvent event) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("time", Instant.ofEpochSecond(event.at()).toString());
        fields.put("event", event.kind().name().toLowerCase(Locale.ROOT));
        put(fields, "actor", event.actor());
        put(fields, "client_id", event.clientId());
        put(fields, "client", event.client());
        put(fields, "resource_id", event.resourceId());
        put(fields, "resource", event.resource());
        put(fields, "policy_id", event.policyId());
        put(fields, "gateway_id", event.gatewayId());
        put(fields, "gateway", event.gateway());
        put(fields, "authorization_id", event.authorizationId());
        if (event.expiresAt() > 0) {
            fields.put("expires_at", Instant.ofEpochSecond(event.expiresAt()).toString());
        }
        put(fields, "detail", event.detail());
        if (event.since() > 0) {
            fields.put("count", event.count());
            fields.put("since", Instant.ofEpochSecond(event.since()).toString());
        }
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void put(Map<String, Object> fields, String key, String value) {
        if (!value.isEmpty()) {
            fields.put(key, value);
        }
    }
}
