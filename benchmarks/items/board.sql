INSERT INTO accounts_customer (name, phone, phone_tail, company, source, tier, external_id, note, credit_limit, created_at,
    email, tags, language, time_zone, is_active)
SELECT '档口' || n, '+8619' || lpad(n::text, 9, '0'), right(lpad(n::text, 9, '0'), 4), '', 'wechat', 'retail', '', '', 0, now(),
    '', '[]', '', '', true
FROM generate_series(1, {count}) n;

INSERT INTO orders_order (number, customer_id, status, status_before, version, source, urgent, note, receiver_name,
    receiver_phone, province, city, district, street, currency, goods_total, discount, shipping_fee, total,
    paid_amount, refunded_amount, hold_reason, shortage, acknowledged_version, placed_at, paid_at, picking_at, shipped_at,
    updated_at, difference_refunded, picker_id)
SELECT 'BOARD-' || lpad(n::text, 4, '0'), c.low + n - 1, s.status, '', 4, 'wechat', n % 40 = 0, '', '吴丽华', '+8613800138000',
    '广东省', '广州市', '白云区', '机场路 88 号', 'CNY', 398, 0, 0, 398, 398, 0, '', false, n % 4, d.morning - n * interval '1 minute',
    d.morning - n * interval '1 minute', CASE WHEN s.status <> 'paid' THEN d.morning END,
    CASE WHEN s.status = 'shipped' THEN now() END, now(), 0,
    CASE WHEN s.status <> 'paid' THEN (SELECT min(id) FROM accounts_staff) END
FROM generate_series(1, {count}) n, (SELECT min(id) AS low FROM accounts_customer WHERE name = '档口1') c,
    LATERAL (SELECT now() - interval '3 hours' AS morning) d,
    LATERAL (SELECT CASE WHEN n % 12 < 6 THEN 'paid' WHEN n % 12 < 10 THEN 'picking' ELSE 'shipped' END AS status) s;

INSERT INTO orders_orderline (order_id, variant_id, sku, name, spec, quantity, unit_price, cancelled_quantity, picked_quantity,
    shipped_quantity, returned_quantity)
SELECT o.id, v.id, v.sku, '牛皮托特包', '黑色 中号', 2, 199, 0,
    CASE WHEN o.status = 'shipped' OR o.status = 'picking' AND (o.id % 3 = 0 OR k = 1) THEN 2 ELSE 0 END,
    CASE WHEN o.status = 'shipped' THEN 2 ELSE 0 END, 0
FROM orders_order o, generate_series(1, 3) k, LATERAL (
    SELECT id, sku FROM orders_variant WHERE sku = 'BOARD-' || (o.id * 7 + k) % 40) v
WHERE o.number LIKE 'BOARD-%';

ANALYZE accounts_customer;
ANALYZE orders_order;
ANALYZE orders_orderline;
