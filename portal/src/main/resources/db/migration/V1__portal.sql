-- What the portal must remember over restarts. Times are unix seconds.

create table device (
    id             varchar(36)   primary key,
    role           varchar(16)   not null,
    owner_id       varchar(36)   not null,
    external_id    varchar(1024) not null,
    name           varchar(255)  not null,
    public_key     varchar(44)   not null,
    psk_base       varchar(64)   not null,
    tunnel_offset  integer       not null unique,
    hardware       varchar(1100) not null,
    verified       boolean       not null,
    version        varchar(255)  not null,
    created_at     bigint        not null,
    seen_at        bigint        not null,
    unique (role, owner_id, external_id)
);

create table access_authorization (
    id                 varchar(36)  primary key,
    client_id          varchar(36)  not null,
    gateway_id         varchar(36)  not null,
    resource_id        varchar(36)  not null,
    resource_identity  varchar(512) not null,
    policy_id          varchar(36)  not null,
    token_id           varchar(255) not null,
    actor_id           varchar(36)  not null,
    site_id            varchar(36)  not null,
    created_at         bigint       not null,
    expires_at         bigint       not null
);

create table client_block (
    client_id    varchar(36) not null,
    resource_id  varchar(36) not null,
    primary key (client_id, resource_id)
);

create table disabled_resource (
    resource_id  varchar(36) primary key
);

create table token_use (
    token_id  varchar(255) primary key,
    first_at  bigint not null,
    last_at   bigint not null
);

create table audit (
    id    bigint generated always as identity primary key,
    at    bigint         not null,
    kind  varchar(32)    not null,
    line  varchar(8192)  not null
);

create index audit_at on audit (at);
