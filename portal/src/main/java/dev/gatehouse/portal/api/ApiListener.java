package dev.gatehouse.portal.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.hub.PortalHub;
import dev.gatehouse.portal.loop.HubLoop;
import dev.gatehouse.portal.state.Block;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.store.StoreWriter;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The administrator's HTTP API; every request needs `Authorization: Bearer <token>`.
public final class ApiListener {
    private static final Logger LOG = LoggerFactory.getLogger(ApiListener.class);
    private static final ObjectMapper JSON =
            new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

    private final HubLoop loop;
    private final StoreWriter writer;
    private final Path dataDirectory;
    private final byte[] expected;
    private final Router router;

    public ApiListener(
            Vertx vertx, HubLoop loop, StoreWriter writer, Path dataDirectory, String token) {
        this.loop = loop;
        this.writer = writer;
        this.dataDirectory = dataDirectory;
        this.expected = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
        this.router = Router.router(vertx);
        router.route().handler(this::authenticate);
        get("/api/v1/connections", this::connections);
        get("/api/v1/authorizations", this::authorizations);
        post("/api/v1/authorizations/:id/revoke", this::revoke);
        get("/api/v1/resources", this::resources);
        post("/api/v1/resources/:id/disable", c -> disable(c, true));
        post("/api/v1/resources/:id/enable", c -> disable(c, false));
        get("/api/v1/blocks", this::blocks);
        router.route(HttpMethod.DELETE, "/api/v1/blocks/:client/:resource").handler(this::unblock);
        get("/api/v1/clients", c -> devices(c, Role.CLIENT));
        get("/api/v1/gateways", c -> devices(c, Role.GATEWAY));
        post("/api/v1/clients/:id/verify", c -> verify(c, true));
        post("/api/v1/clients/:id/unverify", c -> verify(c, false));
        get("/api/v1/backup", this::backup);
    }

    public void handle(HttpServerRequest request) {
        router.handle(request);
    }

    private void get(String path, Handler<RoutingContext> handler) {
        router.route(HttpMethod.GET, path).handler(handler);
    }

    private void post(String path, Handler<RoutingContext> handler) {
        router.route(HttpMethod.POST, path).handler(handler);
    }

    private void authenticate(RoutingContext context) {
        String sent = context.request().getHeader(HttpHeaders.AUTHORIZATION);
        byte[] bytes = (sent == null ? "" : sent).getBytes(StandardCharsets.UTF_8);
        if (MessageDigest.isEqual(bytes, expected)) {
            context.next();
            return;
        }
        context.response().putHeader("WWW-Authenticate", "Bearer");
        answer(context, 401, JSON.createObjectNode().put("error", "a bearer token is needed"));
    }

    private static void answer(RoutingContext context, int status, JsonNode body) {
        context.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(body.toString() + "\n");
    }

    private static void answerDone(RoutingContext context, boolean found) {
        var body = JSON.createObjectNode();
        if (found) {
            answer(context, 200, body.put("ok", true));
        } else {
            answer(context, 404, body.put("error", "nothing has this id"));
        }
    }

    private void connections(RoutingContext context) {
        var body = JSON.createObjectNode();
        for (var role : Role.values()) {
            var list = body.putArray(role.topic() + "s");
            loop.ask(PortalHub::connections).stream()
                    .filter(c -> c.role().equals(role.topic()))
                    .forEach(c -> list.add(JSON.<JsonNode>valueToTree(c)));
        }
        answer(context, 200, body);
    }

    private void authorizations(RoutingContext context) {
        var body = JSON.createObjectNode();
        body.set("authorizations", loop.ask(ApiListener::describeAuthorizations));
        answer(context, 200, body);
    }

    private static JsonNode describeAuthorizations(PortalHub hub) {
        return AuthorizationList.describe(hub.authorizations(), hub.devices(), hub.directory());
    }

    private void revoke(RoutingContext context) {
        String id = context.pathParam("id");
        boolean block = "true".equals(context.request().getParam("block"));
        var found = new boolean[1];
        loop.run((hub, now) -> found[0] = hub.revoke(id, block, now));
        answerDone(context, found[0]);
    }

    private void resources(RoutingContext context) {
        var body = JSON.createObjectNode();
        var list = body.putArray("resources");
        for (var resource : loop.ask(PortalHub::directory).resources()) {
            list.addObject()
                    .put("id", resource.id())
                    .put("name", resource.name())
                    .put("type", resource.type().name().toLowerCase(Locale.ROOT))
                    .put("address", resource.address())
                    .put("enabled", resource.enabled())
                    .put("disabled_by_api", isDisabled(resource));
        }
        answer(context, 200, body);
    }

    private boolean isDisabled(Resource resource) {
        return loop.ask(hub -> hub.isDisabled(resource.id()));
    }

    /// Resources may be named, too: names are unique in the file.
    private void disable(RoutingContext context, boolean disabled) {
        String idOrName = context.pathParam("id");
        String id =
                loop.ask(PortalHub::directory).resources().stream()
                        .filter(r -> r.id().equals(idOrName) || r.name().equals(idOrName))
                        .map(Resource::id)
                        .findFirst()
                        .orElse("");
        var found = new boolean[1];
        loop.run((hub, now) -> found[0] = hub.disable(id, disabled, now));
        answerDone(context, found[0]);
    }

    private void blocks(RoutingContext context) {
        var body = JSON.createObjectNode();
        body.set("blocks", JSON.valueToTree(loop.ask(PortalHub::blocks)));
        answer(context, 200, body);
    }

    private void unblock(RoutingContext context) {
        var block = new Block(context.pathParam("client"), context.pathParam("resource"));
        var found = new boolean[1];
        loop.run((hub, now) -> found[0] = hub.unblock(block, now));
        answerDone(context, found[0]);
    }

    private void devices(RoutingContext context, Role role) {
        var body = JSON.createObjectNode();
        var list = body.putArray(role.topic() + "s");
        for (var device : devices(role)) {
            list.addObject()
                    .put("id", device.id())
                    .put("name", device.name())
                    .put("ipv4", device.ipv4())
                    .put("ipv6", device.ipv6())
                    .put("version", device.version())
                    .put("verified", device.verified())
                    .put("created_at", device.createdAt())
                    .put("seen_at", device.seenAt());
        }
        answer(context, 200, body);
    }

    private List<Device> devices(Role role) {
        return loop.ask(PortalHub::devices).stream().filter(d -> d.role() == role).toList();
    }

    private void verify(RoutingContext context, boolean verified) {
        String id = context.pathParam("id");
        var found = new boolean[1];
        loop.run((hub, now) -> found[0] = hub.verify(id, verified, now));
        answerDone(context, found[0]);
    }

    /// A zip of the database, made between two changes.
    private void backup(RoutingContext context) {
        Path file;
        try {
            file = Files.createTempFile(dataDirectory, "backup", ".zip");
        } catch (IOException e) {
            failed(context, e);
            return;
        }
        var eventLoop = Vertx.currentContext();
        writer.backup(file)
                .whenComplete(
                        (_, error) ->
                                eventLoop.runOnContext(_ -> sendBackup(context, file, error)));
    }

    private static void sendBackup(RoutingContext context, Path file, Throwable error) {
        if (error != null) {
            delete(file);
            failed(context, error);
            return;
        }
        context.response().putHeader(HttpHeaders.CONTENT_TYPE, "application/zip");
        context.response().sendFile(file.toString()).onComplete(_ -> delete(file));
    }

    private static void failed(RoutingContext context, Throwable error) {
        LOG.error("backup failed", error);
        answer(context, 500, JSON.createObjectNode().put("error", "backup failed, see the log"));
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("cannot delete a temporary file", e);
        }
    }
}
